import Core
import Testing

struct EinsumLayerTests {
    private static func description(_ equation: String, weight: Shape? = nil) throws -> EinsumDescription {
        EinsumDescription(try EinsumEquation(equation), weight: weight)
    }

    /// Two samples of two steps of two features: dW is the sum of both samples' products, whatever the shards.
    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func aWeightServesEveryStep(rowCounts: [Int]) throws {
        let network = try TestNetwork<Double>(
            Self.description("tc,cd->td", weight: [2, 3]), inputShape: [2, 2], rowCounts: rowCounts)
        network.set("layer/weight", [1, 0, 2, -1, 3, 1])
        #expect(network.network.outputShape == [2, 3])
        #expect(
            network.forward([1, 2, 3, 4, 0, 1, -1, 2]) == [-1, 6, 4, -1, 12, 10, -1, 3, 1, -3, 6, 0])
        let dX = network.backward([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1])
        #expect(dX == [1, -1, 0, 3, 2, 1, 3, 3])
        // From the samples: [1, 3, 0] and [2, 4, 0]; then [-1, -1, -1] and [2, 2, 3].
        #expect(network.gradient("layer/weight") == [0, 2, -1, 4, 6, 3])
    }

    /// A weight that the product wants the other way round is copied once for all samples of a pass, and again in the next.
    @Test func aWeightThatMovesIsCopiedAgain() throws {
        let network = try TestNetwork<Double>(
            Self.description("tc,dc->td", weight: [3, 2]), inputShape: [2, 2], rowCounts: [2])
        for factor in [1.0, 2.0] {
            network.set("layer/weight", [1, -1, 0, 3, 2, 1].map { factor * $0 })
            let y = network.forward([1, 2, 3, 4, 0, 1, -1, 2])
            #expect(y == [-1, 6, 4, -1, 12, 10, -1, 3, 1, -3, 6, 0].map { factor * $0 })
            let dX = network.backward([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1])
            #expect(dX == [1, -1, 0, 3, 2, 1, 3, 3].map { factor * $0 })
            #expect(network.gradient("layer/weight") == [0, 4, 2, 6, -1, 3])
        }
    }

    @Test func oneOperandHasNoWeight() throws {
        let network = try TestNetwork<Double>(Self.description("tc->ct"), inputShape: [2, 3], rowCounts: [1, 1])
        #expect(network.network.arena.parameters.isEmpty)
        #expect(network.network.outputShape == [3, 2])
        let x: [Double] = [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6]
        let y: [Double] = [1, 4, 2, 5, 3, 6, -1, -4, -2, -5, -3, -6]
        #expect(network.forward(x) == y)
        #expect(network.backward(y) == x)
    }

    /// What an output is a sum of, and what it has from the weight alone: labels that both have, a batch, count for neither.
    @Test(
        arguments: [
            ("tc,cd->td", [5, 7], [7, 3], 7, 3), ("htc,hcd->htd", [2, 5, 7], [2, 7, 3], 7, 3),
            ("tc,c->tc", [5, 7], [7], 1, 1), ("tc,tcde->ed", [5, 7], [5, 7, 3, 2], 35, 6),
            ("tc,d->t", [5, 7], [3], 21, 1),
        ] as [(String, Shape, Shape, Int, Int)])
    func fansAreTheLabelsExtents(equation: String, input: Shape, weight: Shape, fanIn: Int, fanOut: Int) throws {
        let network = try TestNetwork<Float>(
            Self.description(equation, weight: weight), inputShape: input, rowCounts: [1])
        let parameter = try #require(network.network.arena.parameters.first)
        #expect((parameter.name, parameter.shape) == ("layer/weight", weight))
        #expect((parameter.fanIn, parameter.fanOut) == (fanIn, fanOut))
        #expect(parameter.initializer == .glorot && parameter.decays)
    }

    @Test(
        arguments: [
            ("tc,cd->td", [28, 28], [64, 128], "label 'c' is 28 in [28, 28] and 64 in [64, 128]"),
            (
                "tc,cd->td", [784], [784, 10],
                "'tc' is a label for each of 2 axes, and [784] has 1 (operand 1 of [784] and [784, 10])"
            ),
            ("tt->t", [28, 14], nil, "label 't' is 28 in [28, 14] and 14 in [28, 14]"),
        ] as [(String, Shape, Shape?, String)])
    func aWrongShapeIsNamed(equation: String, input: Shape, weight: Shape?, message: String) throws {
        let layer = try Self.description(equation, weight: weight)
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(layer, inputShape: input, rowCounts: [1])
        }
        #expect(error?.description == "layer layer: equation '\(equation)': \(message)")
    }
}
