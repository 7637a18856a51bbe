import Core
import Testing

struct AttentionTests {
    /// The example of Documentation/attention.md: one head of one feature, X the identity.
    private func example(_ rowCounts: [Int] = [1], causal: Bool = false) throws -> TestNetwork<Double> {
        let network = try TestNetwork<Double>(
            AttentionDescription(width: 1, isCausal: causal), inputShape: [2, 2], rowCounts: rowCounts)
        network.set("layer/query_weight", [1, 2])
        network.set("layer/key_weight", [0, Self.logarithm])
        network.set("layer/value_weight", [4, 8])
        return network
    }

    /// ln 3, so that e^S are 1, 3 and 9.
    private static let logarithm = 1.0986122886681098
    private static let identity: [Double] = [1, 0, 0, 1]

    @Test func everyStepGetsAMeanOfTheValues() throws {
        let network = try example()
        // P = [1/4 3/4; 1/10 9/10], V = [4; 8].
        #expect(network.forward(Self.identity).isClose(to: [7, 7.6], 1e-15))
        let dX = network.backward([4, 25])
        // dS = [-3 3; -9 9], dQ = [3; 9]·ln 3, dK = [-21; 21], dV = [3.5; 25.5].
        let l = Self.logarithm
        #expect(dX.isClose(to: [14 + 3 * l, 28 - 15 * l, 102 + 9 * l, 204 + 39 * l], 1e-14))
        #expect(network.gradient("layer/query_weight").isClose(to: [3 * l, 9 * l], 1e-14))
        #expect(network.gradient("layer/key_weight").isClose(to: [-21, 21], 1e-14))
        #expect(network.gradient("layer/value_weight").isClose(to: [3.5, 25.5], 1e-14))
        #expect(network.gradient("layer/query_bias").isClose(to: [12 * l], 1e-14))
        // A constant added to all keys adds the same to all scores of a row: softmax takes it away.
        // Its terms are as large as 25·8·2, and cancel.
        #expect(network.gradient("layer/key_bias").isClose(to: [0], 400 * 1e-15))
        #expect(network.gradient("layer/value_bias").isClose(to: [29], 1e-15))
    }

    @Test func theFirstStepOfACausalSequenceSeesItselfAlone() throws {
        let network = try example(causal: true)
        #expect(network.forward(Self.identity).isClose(to: [4, 7.6], 1e-15))
        let dX = network.backward([4, 25])
        // dS = [0 0; -9 9], dQ = [0; 9]·ln 3, dK = [-18; 18], dV = [4 + 2.5; 22.5].
        let l = Self.logarithm
        #expect(dX.isClose(to: [26, 52 - 18 * l, 90 + 9 * l, 180 + 36 * l], 1e-14))
        #expect(network.gradient("layer/value_weight").isClose(to: [6.5, 22.5], 1e-14))
    }

    @Test(arguments: [[3], [1, 2], [1, 0, 1, 1]])
    func parameterGradientsAreSumsOverTheSamples(rowCounts: [Int]) throws {
        let network = try example(rowCounts)
        _ = network.forward(Self.identity + Self.identity + Self.identity)
        _ = network.backward([4, 25, 4, 25, -4, -25])
        #expect(network.gradient("layer/key_weight").isClose(to: [-21, 21], 1e-14))
        #expect(network.gradient("layer/value_bias").isClose(to: [29], 1e-14))
    }

    @Test func declaresItsParameters() throws {
        func names(_ layer: any LayerDescription) throws -> [String] {
            let parameters = try TestNetwork<Float>(layer, inputShape: [3, 6], rowCounts: [1]).network.arena.parameters
            for parameter in parameters {
                #expect(parameter.decays == parameter.name.hasSuffix("weight"))
                #expect(parameter.shape.rank == (parameter.decays ? 2 : 1))
            }
            return parameters.map { "\($0.name) \($0.shape)" }
        }
        #expect(
            try names(AttentionDescription(width: 4)) == [
                "layer/query_weight [6, 4]", "layer/query_bias [4]", "layer/key_weight [6, 4]", "layer/key_bias [4]",
                "layer/value_weight [6, 4]", "layer/value_bias [4]",
            ])
        #expect(
            try names(MultiHeadAttentionDescription(heads: 2, hasBias: false)) == [
                "layer/query_weight [6, 6]", "layer/key_weight [6, 6]", "layer/value_weight [6, 6]",
                "layer/output_weight [6, 6]",
            ])
    }

    @Test func theWidthIsTheInputsUnlessGiven() throws {
        func shape(_ layer: any LayerDescription) throws -> Shape {
            try TestNetwork<Float>(layer, inputShape: [3, 6], rowCounts: [1]).network.outputShape
        }
        #expect(try shape(AttentionDescription()) == [3, 6])
        #expect(try shape(AttentionDescription(width: 9)) == [3, 9])
        #expect(try shape(MultiHeadAttentionDescription(heads: 3)) == [3, 6])
    }

    /// With an output projection that changes nothing, several heads are several attentions of one head, each with its columns
    /// of the weights.
    @Test(arguments: [false, true])
    func headsWorkOnTheirOwnFeatures(causal: Bool) throws {
        let (steps, features, heads) = (19, 6, 3)
        let depth = features / heads
        let layer = MultiHeadAttentionDescription(heads: heads, isCausal: causal)
        let network = try TestNetwork<Float>(layer, inputShape: [steps, features], rowCounts: [2])
        let single = try TestNetwork<Float>(
            AttentionDescription(width: depth, isCausal: causal), inputShape: [steps, features], rowCounts: [2])
        network.set("layer/output_weight", (0..<36).map { $0 % 7 == 0 ? 1 : 0 })
        let x = numbers(2 * steps * features)
        let dY = numbers(2 * steps * features, phase: 2)
        let y = network.forward(x)
        _ = network.backward(dY)
        for head in 0..<heads {
            func columns<Element>(_ matrix: [Element]) -> [Element] {
                matrix.indices.filter { $0 % features / depth == head }.map { matrix[$0] }
            }
            let parameters = single.network.arena.parameters.map(\.name)
            for name in parameters { single.set(name, columns(network.values(name).reals)) }
            #expect(single.forward(x).map(\.bitPattern) == columns(y).map(\.bitPattern))
            _ = single.backward(columns(dY))
            for name in parameters { #expect(single.gradient(name) == columns(network.gradient(name)), "\(name)") }
        }
    }

    // MARK: The causal mask

    @Test(
        arguments: [AttentionDescription(isCausal: true), MultiHeadAttentionDescription(heads: 2, isCausal: true)]
            as [any LayerDescription])
    func aLaterStepChangesNoEarlierOutput(layer: any LayerDescription) throws {
        let (steps, features) = (37, 4)
        let network = try TestNetwork<Float>(layer, inputShape: [steps, features], rowCounts: [1])
        let x = numbers(steps * features)
        let before = network.forward(x)
        for t in [0, 1, 15, 16, 17, 31, 36] {
            for change in [-x[t * features] + 0.25, .infinity, .nan] {
                var changed = x
                changed[t * features] = change
                let after = network.forward(changed)
                #expect(
                    after[..<(t * features)].map(\.bitPattern) == before[..<(t * features)].map(\.bitPattern),
                    "step \(t)")
                for later in t..<steps {
                    let row = later * features..<(later + 1) * features
                    #expect(after[row].map(\.bitPattern) != before[row].map(\.bitPattern), "step \(later)")
                }
            }
        }
    }

    @Test func withoutTheMaskEveryStepSeesAll() throws {
        let network = try TestNetwork<Float>(AttentionDescription(), inputShape: [5, 4], rowCounts: [1])
        var x = numbers(20)
        let before = network.forward(x)
        x[19] = -2
        let after = network.forward(x)
        for t in 0..<5 { #expect(after[t * 4..<(t + 1) * 4] != before[t * 4..<(t + 1) * 4]) }
    }

    @Test func largeScoresDoNotOverflow() throws {
        let network = try TestNetwork<Float>(
            AttentionDescription(width: 1, hasBias: false), inputShape: [3, 1], rowCounts: [1])
        for name in ["query", "key", "value"] { network.set("layer/\(name)_weight", [1]) }
        // Scores of 10³⁰ and -10³⁰: the largest share all.
        let x = [1e15, -1e15, 1e15]
        #expect(network.forward(x) == x.map { Float($0) })
        let dX = network.backward([1, 1, 1])
        #expect(dX.allSatisfy { $0.isFinite })
    }

    // MARK: Dropout

    private static let dropping: [any LayerDescription] = [
        AttentionDescription(dropout: 0.5), AttentionDescription(isCausal: true, dropout: 0.5),
        MultiHeadAttentionDescription(heads: 2, dropout: 0.5),
    ]

    /// The words as the documentation says, one at a time: with constant values every output tells what was kept.
    @Test(arguments: [false, true])
    func weightsAreKeptByTheirOwnWord(causal: Bool) throws {
        let (steps, heads) = (5, 2)
        let network = try TestNetwork<Double>(
            MultiHeadAttentionDescription(heads: heads, isCausal: causal, dropout: 0.25), inputShape: [steps, heads],
            rowCounts: [3])
        // Q = 0: every step that is seen has the same weight. V [T, heads] = X, O = Y.
        network.set("layer/query_weight", [0, 0, 0, 0])
        network.set("layer/value_weight", Self.identity)
        network.set("layer/output_weight", Self.identity)
        // Powers of two tell the steps apart.
        let sample = (0..<steps).flatMap { s in [Double](repeating: Double(1 << s), count: heads) }
        let y = network.forward(sample + sample + sample, seed: 99, step: 7, firstPosition: 40)
        for n in 0..<3 {
            for head in 0..<heads {
                for t in 0..<steps {
                    let seen = causal ? t + 1 : steps
                    var expected = 0.0
                    for s in 0..<seen {
                        let feature = (head * steps + t) * steps + s
                        let block = Philox.block(
                            key: 99,
                            counter: Philox.counter(
                                block: feature / 4, position: 40 + n, step: 7, purpose: .dropout, ordinal: 0))
                        if block[feature % 4] >= 0x4000_0000 { expected += Double(1 << s) / 0.75 / Double(seen) }
                    }
                    #expect((y[(n * steps + t) * heads + head] - expected).magnitude < 1e-13)
                }
            }
        }
    }

    /// The mask belongs to the position in the epoch, so it is the same whichever rank, and row of it, a sample is on.
    @Test(arguments: dropping)
    func aSampleKeepsItsMaskOnAnotherRank(layer: any LayerDescription) throws {
        let count = 6 * 4
        func network(_ rows: Int) throws -> TestNetwork<Float> {
            try TestNetwork<Float>(layer, inputShape: [6, 4], rowCounts: [rows])
        }
        let x = numbers(5 * count)
        let dY = numbers(5 * count, phase: 2)
        let (whole, part) = (try network(5), try network(2))
        let y = whole.forward(x, firstPosition: 10)
        let dX = whole.backward(dY)
        #expect(part.forward(Array(x[(3 * count)...]), firstPosition: 13) == Array(y[(3 * count)...]))
        #expect(part.backward(Array(dY[(3 * count)...])) == Array(dX[(3 * count)...]))
        // Equal samples at different positions have different masks.
        let twin = part.forward(Array(x[0..<count]) + Array(x[0..<count]), firstPosition: 13)
        #expect(Array(twin[0..<count]) != Array(twin[count...]))
    }

    @Test(arguments: dropping)
    func seedStepPositionAndPlaceEachChangeTheMask(layer: any LayerDescription) throws {
        let network = try TestNetwork<Float>(layer, inputShape: [6, 4], rowCounts: [1])
        let x = numbers(24)
        let base = network.forward(x)
        #expect(network.forward(x) == base)
        #expect(network.forward(x, seed: 2) != base)
        #expect(network.forward(x, step: 1) != base)
        #expect(network.forward(x, firstPosition: 1) != base)
        let second = try TestNetwork<Float>(
            [
                NamedLayer(name: "first", description: DropoutDescription(rate: 0)),
                NamedLayer(name: "layer", description: layer),
            ], inputShape: [6, 4], rowCounts: [1])
        #expect(second.forward(x) != base)
        #expect(second.forward(x, mode: .inference) == network.forward(x, mode: .inference))
    }

    @Test func inferenceLeavesDropoutOut() throws {
        func run(dropout: Double, mode: PassMode) throws -> [[Float]] {
            let network = try TestNetwork<Float>(
                MultiHeadAttentionDescription(heads: 2, dropout: dropout), inputShape: [6, 4], rowCounts: [2])
            let y = network.forward(numbers(48), mode: mode)
            let dX = network.backward(numbers(48, phase: 2))
            return [y, dX, network.gradient("layer/value_weight"), network.gradient("layer/query_weight")]
        }
        let without = try run(dropout: 0, mode: .training)
        #expect(try run(dropout: 0.5, mode: .inference) == without)
        for (dropped, plain) in zip(try run(dropout: 0.5, mode: .training), without) { #expect(dropped != plain) }
    }

    // MARK: What does not fit

    @Test(arguments: [[4], [2, 3, 4], []] as [Shape])
    func samplesMustBeSequences(shape: Shape) throws {
        for layer in [AttentionDescription(), MultiHeadAttentionDescription(heads: 1)] as [any LayerDescription] {
            let error = #expect(throws: ShapeError.self) {
                try TestNetwork<Float>(layer, inputShape: shape, rowCounts: [1])
            }
            #expect(
                error?.description == "layer layer: expected an input of shape [steps, features], given \(shape)")
        }
    }

    @Test func headsMustDivideTheFeatures() throws {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(MultiHeadAttentionDescription(heads: 4), inputShape: [3, 6], rowCounts: [1])
        }
        #expect(
            error?.description
                == "layer layer: the 6 features of an input of shape [3, 6] cannot be shared equally among 4 heads")
    }
}
