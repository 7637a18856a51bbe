import Core
import Testing

/// Products so large that operands are packed and weights cut into blocks: the same bits as plain loops.
struct LargeProductTests {
    private func check<Scalar: TrainingScalar>(
        _ what: String, count: Int, of: Scalar.Type, _ compute: (UnsafeMutablePointer<Scalar>) -> Void,
        _ expected: (UnsafeMutablePointer<Scalar>) -> Void
    ) {
        // A line more than is computed: nothing may be written behind the end.
        let result: AlignedBuffer<Scalar> = fill(count + 16, seed: 5)
        let wanted: AlignedBuffer<Scalar> = fill(count + 16, seed: 5)
        compute(result.base)
        expected(wanted.base)
        let found = difference(result, wanted)
        #expect(found == nil, "\(what)")
    }

    /// More rows than was prepared for, which the forward product allows.
    @Test func unpreparedRowsStayWhereTheyAre() {
        let (rows, inputs, outputs) = (70, 1030, 390)
        let x: AlignedBuffer<Float> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Float> = fill(inputs * outputs, seed: 2)
        let limits = PassLimits(rows: 7, shards: 1, roots: 1)
        let (product, reference) = products(inputs: inputs, outputs: outputs, limits: limits, of: Float.self)
        check("forward, unprepared", count: rows * outputs, of: Float.self) {
            product.forward(x.base, rows: rows, weight: w.base, bias: nil, into: $0)
        } _: {
            reference.forward(x.base, rows: rows, weight: w.base, bias: nil, into: $0)
        }
    }

    private func products<Scalar: TrainingScalar>(
        inputs: Int, outputs: Int, limits: PassLimits, of: Scalar.Type
    ) -> (MatrixProduct<Scalar>, PlainProduct<Scalar>) {
        let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
        let reference = PlainProduct<Scalar>(inputs: inputs, outputs: outputs, layout: .columnPanels)
        product.prepare(limits: limits)
        reference.prepare(limits: limits)
        return (product, reference)
    }

    private func checkForward<Scalar: TrainingScalar>(rows: Int, inputs: Int, outputs: Int, of: Scalar.Type) {
        let x: AlignedBuffer<Scalar> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 2)
        let b: AlignedBuffer<Scalar> = fill(outputs, seed: 3)
        let limits = PassLimits(rows: rows, shards: 1, roots: 1)
        let (product, reference) = products(inputs: inputs, outputs: outputs, limits: limits, of: Scalar.self)
        check("forward \(rows)×\(outputs)×\(inputs)", count: rows * outputs, of: Scalar.self) {
            product.forward(x.base, rows: rows, weight: w.base, bias: b.base, into: $0)
        } _: {
            reference.forward(x.base, rows: rows, weight: w.base, bias: b.base, into: $0)
        }
    }

    /// All steps of k at once where they are not many, and cut where they are.
    @Test func chainsAreCutWhereTheyAreLong() {
        for inputs in [511, 513, 1024, 1025] {
            checkForward(rows: 19, inputs: inputs, outputs: 85, of: Float.self)
            checkForward(rows: 19, inputs: inputs, outputs: 85, of: Double.self)
        }
    }

    /// Rows a page long, packed; more of them than a block has; a last block of k that is short.
    @Test func rowsArePacked() {
        checkForward(rows: 70, inputs: 1024, outputs: 384, of: Float.self)
        checkForward(rows: 300, inputs: 1024, outputs: 384, of: Float.self)
        checkForward(rows: 300, inputs: 1027, outputs: 390, of: Float.self)
        checkForward(rows: 300, inputs: 1024, outputs: 384, of: Double.self)
        checkForward(rows: 140, inputs: 517, outputs: 401, of: Double.self)
    }

    /// The reference is the same product of 90 rows at a time, which `MatrixProductTests` compares with plain loops.
    private func checkInputGradient<Scalar: TrainingScalar>(rows: Int, inputs: Int, outputs: Int, of: Scalar.Type) {
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 1)
        let w: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 2)
        let limits = PassLimits(rows: rows, shards: 1, roots: 1)
        let (product, _) = products(inputs: inputs, outputs: outputs, limits: limits, of: Scalar.self)
        check("input gradient \(rows)×\(outputs)×\(inputs)", count: rows * inputs, of: Scalar.self) {
            product.inputGradient(dY.base, rows: rows, weight: w.base, into: $0)
        } _: { dX in
            for n in stride(from: 0, to: rows, by: 90) {
                product.inputGradient(
                    dY.base + n * outputs, rows: min(90, rows - n), weight: w.base, into: dX + n * inputs)
            }
        }
    }

    /// More than 16 MB of dY: strips of dX as wide as 768 columns.
    @Test func stripsWiden() {
        checkInputGradient(rows: 4200, inputs: 1571, outputs: 1001, of: Float.self)
        checkInputGradient(rows: 3000, inputs: 781, outputs: 701, of: Double.self)
    }

    private func checkWeightGradient<Scalar: TrainingScalar>(
        _ rowCounts: [Int], inputs: Int, outputs: Int, of: Scalar.Type
    ) {
        let rows = rowCounts.reduce(0, +)
        let x: AlignedBuffer<Scalar> = fill(rows * inputs, seed: 1)
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 2)
        let layout = ShardLayout(rowCounts: rowCounts, roots: [0..<rowCounts.count])
        let limits = PassLimits(rows: rows, shards: rowCounts.count, roots: 1)
        let (product, reference) = products(inputs: inputs, outputs: outputs, limits: limits, of: Scalar.self)
        check("weight gradient \(rowCounts) \(outputs)×\(inputs)", count: inputs * outputs, of: Scalar.self) {
            product.weightGradient(x.base, dY.base, layout: layout, root: 0, into: $0)
        } _: {
            reference.weightGradient(x.base, dY.base, layout: layout, root: 0, into: $0)
        }
    }

    /// More than 8 MB of X: blocks of 128 × 384 elements of dW, 256 rows of a shard at a time.
    @Test(arguments: [
        [2100], [256, 512, 0, 700, 0, 0, 1, 900], [0, 3, 700, 0, 1400, 260], [300, 300, 300, 300, 300, 300, 300],
    ])
    func weightsAreCut(rowCounts: [Int]) {
        checkWeightGradient(rowCounts, inputs: 1013, outputs: 21, of: Float.self)
        checkWeightGradient(rowCounts, inputs: 1000, outputs: 9, of: Double.self)
    }

    /// More than 1 MB of X, and less than what is cut: what the next tiles need of it is asked for.
    @Test func inputsComeFromAfar() {
        checkWeightGradient([300, 0, 41, 8], inputs: 1013, outputs: 70, of: Float.self)
        checkWeightGradient([150, 1, 2, 3], inputs: 1013, outputs: 21, of: Double.self)
    }

    /// Weight gradients of one dY, of which one is cut into blocks.
    @Test func oneOfTwoIsCut() {
        let (rows, outputs) = (2100, 21)
        let inputs = [1013, 5]
        let layout = ShardLayout(rows: rows, shards: 2)
        let dY: AlignedBuffer<Float> = fill(rows * outputs, seed: 2)
        let x: [AlignedBuffer<Float>] = inputs.map { fill(rows * $0, seed: 3) }
        let products = inputs.map { MatrixProduct<Float>(inputs: $0, outputs: outputs, backend: .native) }
        for product in products { product.prepare(limits: PassLimits(rows: rows, shards: 2, roots: 1)) }
        for (first, second) in [(0, 1), (1, 0)] {
            let alone = inputs.map { AlignedBuffer<Float>(count: $0 * outputs) }
            let together = inputs.map { AlignedBuffer<Float>(count: $0 * outputs) }
            for i in 0...1 {
                products[i].weightGradient(x[i].base, dY.base, layout: layout, root: 0, into: alone[i].base)
            }
            products[first].weightGradient(
                x[first].base, dY.base, layout: layout, root: 0, into: together[first].base,
                alongside: products[second], x[second].base, into: together[second].base)
            for i in 0...1 { #expect(difference(alone[i], together[i]) == nil) }
        }
    }

    @Test func blocksBeginAndEndWithinAPanel() {
        checkWeightGradient([70, 80], inputs: 14_003, outputs: 391, of: Float.self)
        checkWeightGradient([0, 130], inputs: 8200, outputs: 384, of: Double.self)
    }
}
