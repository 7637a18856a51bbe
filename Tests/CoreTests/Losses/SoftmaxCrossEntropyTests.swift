import Core
import Testing

/// ln 1, ln 2 and ln 3.
private let logarithms = [0, 0.6931471805599453, 1.0986122886681098]

struct SoftmaxCrossEntropyTests {
    private func loss<Scalar: TrainingScalar>(
        _ scalar: Scalar.Type, outputs: Int, rowCounts: [Int], roots: [Range<Int>]? = nil
    ) throws -> TestLoss<Scalar> {
        try TestLoss(SoftmaxCrossEntropyDescription(), outputs: outputs, rowCounts: rowCounts, roots: roots)
    }

    @Test func theLossIsTheSurpriseAtTheClass() throws {
        let loss = try loss(Double.self, outputs: 3, rowCounts: [2])
        // p = (1, 2, 3)/6 twice; classes 2 and 0: −log(1/2) and −log(1/6).
        let metrics = loss.forward(logarithms + logarithms.map { $0 - 40 }, classes: [2, 0])
        let expected = [0.6931471805599453, 1.791759469228055]
        #expect(loss.rowLosses.isClose(to: expected, 1e-14))
        #expect([metrics.lossSum].isClose(to: [2.4849066497880004], 1e-14))
        #expect(metrics.correct == 1 && metrics.count == 2)
        // (p − y) / 2.
        #expect(loss.gradient().map { $0 * 12 }.isClose(to: [1, 2, -3, -5, 2, 3], 1e-13))
    }

    @Test func aDistributionInPlaceOfAClass() throws {
        let loss = try loss(Double.self, outputs: 3, rowCounts: [1])
        let metrics = loss.forward(logarithms, values: [0.5, 0, 1])
        // ½·log 6 + log 2; gradient p·1.5 − t.
        #expect([metrics.lossSum].isClose(to: [0.8958797346140275 + 0.6931471805599453], 1e-14))
        #expect(metrics.correct == 0 && metrics.count == 1)
        #expect(loss.gradient().isClose(to: [0.25 - 0.5, 0.5, 0.75 - 1], 1e-14))
    }

    @Test func largeLogitsLoseNothing() throws {
        let loss = try loss(Float.self, outputs: 2, rowCounts: [3])
        let metrics = loss.forward([1e4, 0, 1e4, 0, 3e38, -3e38], classes: [0, 1, 0])
        #expect(loss.rowLosses == [0, 1e4, 0])
        #expect(metrics.lossSum == 1e4 && metrics.correct == 2)
        #expect(loss.gradient().map { $0 * 3 } == [0, 0, 1, -1, 0, 0])
    }

    @Test func theFirstOfEqualsCounts() throws {
        let loss = try loss(Float.self, outputs: 3, rowCounts: [3])
        #expect(loss.forward([1, 1, 0, 1, 1, 0, 0, 1, 1], classes: [0, 1, 1]).correct == 2)
    }

    @Test func aNaNAmongSixteenRowsConcernsItsOwnAlone() throws {
        let loss = try loss(Float.self, outputs: 10, rowCounts: [16])
        var z = numbers(160)
        z[75] = .nan
        let metrics = loss.forward(z, classes: (0..<16).map { $0 % 10 })
        #expect(metrics.lossSum.isNaN && (0..<16).filter { loss.rowLosses[$0].isNaN } == [7])
    }

    @Test func aNaNIsWrongAndMakesTheLossNaN() throws {
        let loss = try loss(Float.self, outputs: 20, rowCounts: [3])
        var z = [Double](repeating: 0, count: 60)
        z[0] = 1
        z[20] = .nan
        z[45] = 1
        z[58] = .nan
        let metrics = loss.forward(z, classes: [0, 0, 5])
        #expect(metrics.correct == 1 && metrics.lossSum.isNaN)
        #expect(!loss.rowLosses[0].isNaN && loss.rowLosses[1].isNaN && loss.rowLosses[2].isNaN)
    }

    /// Sixteen rows or four together have the bits of each alone: losses, hits and gradients.
    @Test(arguments: [1, 3, 7, 8, 9, 10, 15, 16, 17, 20, 37])
    func rowsStandAlone(classes: Int) throws {
        try rowsStandAlone(Float.self, classes: classes)
        try rowsStandAlone(Double.self, classes: classes)
        try rowsStandAlone(Dual<Double>.self, classes: classes)
    }

    private func rowsStandAlone<Scalar: TrainingScalar>(_ scalar: Scalar.Type, classes: Int) throws {
        let rows = 39
        let z = numbers(rows * classes, scale: 4)
        let targets = (0..<rows).map { Int32($0 * 3 % classes) }
        let together = try loss(scalar, outputs: classes, rowCounts: [rows])
        let hits = together.forward(z, classes: targets).correct
        let gradient = together.gradient()
        var alone = 0
        for n in 0..<rows {
            let own = (n * classes)..<((n + 1) * classes)
            let one = try loss(scalar, outputs: classes, rowCounts: [1])
            alone += one.forward(Array(z[own]), classes: [targets[n]]).correct
            #expect(one.rowLosses[0] == together.rowLosses[n])
            // Of one row and not of all; a scale of 1/39 rounds once.
            let factor = Scalar(1 / Double(rows))
            let p = one.gradient()
            for c in 0..<classes { #expect(gradient[own.lowerBound + c] == p[c] * factor) }
        }
        #expect(hits == alone)
    }

    @Test func rootsDoNotChangeABit() throws {
        let rowCounts = [3, 2, 0, 1, 3, 2, 0, 0]
        func run(_ roots: [Range<Int>]?) throws -> [Double] {
            let loss = try loss(Float.self, outputs: 5, rowCounts: rowCounts, roots: roots)
            let metrics = loss.forward(numbers(55), classes: (0..<11).map { $0 % 5 })
            return [metrics.lossSum, Double(metrics.correct)]
        }
        let one = try run(nil)
        for cut in 1..<8 {
            let roots =
                ShardTree.maximalSubtrees(of: 0..<cut, shards: 8) + ShardTree.maximalSubtrees(of: cut..<8, shards: 8)
            #expect(try run(roots) == one)
        }
    }

    @Test func aClassThatDoesNotExistTraps() async {
        await #expect(processExitsWith: .failure) {
            let loss = try SoftmaxCrossEntropyDescription().makeLoss(outputShape: [2], scalar: Float.self)
            loss.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1))
            let z = AlignedBuffer<Float>(count: 2)
            let target = AlignedBuffer<Int32>(count: 1)
            target[0] = 2
            loss.forward(
                TensorView(base: z.base, rows: 1, sampleShape: [2]), targets: .classes(target.base),
                context: PassContext(
                    mode: .training, seed: 1, step: 0, globalRows: 1, firstPosition: 0,
                    shards: ShardLayout(rows: 1, shards: 1), batchReduction: SingleBatchReduction()))
        }
    }

    /// Two samples of two places: a sample's loss is the mean over its places, and each place is right or wrong by itself.
    @Test func aSequenceHasAClassAtEachPlace() throws {
        let loss = try TestLoss<Double>(SoftmaxCrossEntropyDescription(), outputShape: [2, 3], rowCounts: [1, 1])
        // p = (1, 2, 3)/6 everywhere; classes 2, 0 and 1, 2.
        let z = logarithms + logarithms.map { $0 + 7 } + logarithms.map { $0 - 40 } + logarithms
        let metrics = loss.forward(z, classes: [2, 0, 1, 2])
        // (log 2 + log 6)/2 and (log 3 + log 2)/2.
        #expect(loss.rowLosses.isClose(to: [1.2424533248940002, 0.8958797346140275], 1e-14))
        #expect([metrics.lossSum].isClose(to: [2.1383330595080277], 1e-14))
        #expect(metrics.correct == 2 && metrics.count == 2)
        // (p − y) / (2·2).
        let expected: [Double] = [1, 2, -3, -5, 2, 3, 1, -4, 3, 1, 2, -3]
        #expect(loss.gradient().map { $0 * 24 }.isClose(to: expected, 1e-13))
    }

    @Test func aDistributionAtEachPlace() throws {
        let loss = try TestLoss<Double>(SoftmaxCrossEntropyDescription(), outputShape: [2, 1, 3], rowCounts: [1])
        let metrics = loss.forward(logarithms + logarithms, values: [0.5, 0, 1, 0, 1, 0])
        // The mean of ½·log 6 + log 2 and log 3.
        #expect([metrics.lossSum].isClose(to: [(1.5890269151739727 + 1.0986122886681098) / 2], 1e-14))
        #expect(metrics.correct == 0 && metrics.count == 1)
        // (p·Σt − t) / 2.
        #expect(loss.gradient().map { $0 * 12 }.isClose(to: [-1.5, 3, -1.5, 1, -4, 3], 1e-13))
    }

    /// More places than a sum has lanes.
    @Test func rootsDoNotChangeABitOfSequences() throws {
        let rowCounts = [2, 1, 0, 3]
        func run(_ roots: [Range<Int>]?) throws -> [Double] {
            let loss = try TestLoss<Float>(
                SoftmaxCrossEntropyDescription(), outputShape: [19, 3], rowCounts: rowCounts, roots: roots)
            let metrics = loss.forward(numbers(6 * 57), classes: (0..<114).map { $0 * 7 % 3 })
            return [metrics.lossSum, Double(metrics.correct)] + loss.gradient().reals
        }
        let one = try run(nil)
        #expect(one[1] > 0 && one[1] < 114)
        #expect(try run([0..<2, 2..<3, 3..<4]) == one)
    }

    @Test func predictionsMustHaveAnAxisOfClasses() {
        let error = #expect(throws: ShapeError.self) {
            try SoftmaxCrossEntropyDescription().makeLoss(outputShape: [], scalar: Float.self)
        }
        #expect(
            error?.description == "layer softmaxCrossEntropy: expected an input of shape […, classes], given []")
    }
}
