import Core
import Testing

struct BroadcastLayerTests {
    private static let x: [Double] = [1, 2, 3, 4, 5, 6, -1, 0, 2, 1, -2, 3]
    private static let dY: [Double] = [1, 0, 2, -1, 1, 1, 2, 2, 0, 1, 3, -1]

    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func aColumnIsAddedToEveryFeature(rowCounts: [Int]) throws {
        let network = try TestNetwork<Double>(
            BroadcastDescription(.add, shape: [2, 1]), inputShape: [2, 3], rowCounts: rowCounts)
        #expect(network.forward(Self.x) == Self.x)
        network.set("layer/weight", [10, 20])
        #expect(network.forward(Self.x) == [11, 12, 13, 24, 25, 26, 9, 10, 12, 21, 18, 23])
        #expect(network.backward(Self.dY) == Self.dY)
        // Both the features and the samples are summed: 1 + 0 + 2 and 2 + 2 + 0; −1 + 1 + 1 and 1 + 3 − 1.
        #expect(network.gradient("layer/weight") == [7, 4])
    }

    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func aRowMultipliesEveryStep(rowCounts: [Int]) throws {
        let network = try TestNetwork<Double>(
            BroadcastDescription(.multiply, shape: [3]), inputShape: [2, 3], rowCounts: rowCounts)
        #expect(network.forward(Self.x) == Self.x)
        network.set("layer/weight", [2, -1, 0.5])
        #expect(network.forward(Self.x) == [2, -2, 1.5, 8, -5, 3, -2, 0, 1, 2, 2, 1.5])
        #expect(network.backward(Self.dY) == [2, 0, 1, -2, -1, 0.5, 4, -2, 0, 2, -3, -0.5])
        // Σ dY·X of each feature: 1 − 4 − 2 + 1; 0 + 5 + 0 − 6; 6 + 6 + 0 − 3.
        #expect(network.gradient("layer/weight") == [-4, -1, 9])
    }

    @Test(arguments: [BroadcastOperation.add, .multiply])
    func aWeightThatMakesMoreOfItsInputIsNamed(operation: BroadcastOperation) throws {
        func message(_ input: Shape, _ weight: Shape) -> String? {
            #expect(throws: ShapeError.self) {
                try TestNetwork<Float>(
                    BroadcastDescription(operation, shape: weight), inputShape: input, rowCounts: [1])
            }?.description
        }
        #expect(
            message([28, 1], [28])
                == "layer layer: its weight [28] would make [28, 28] of an input of [28, 1]; the weight is stretched to the "
                + "input, not the input to the weight")
        #expect(message([3], [1, 3])?.contains("its weight [1, 3] would make [1, 3] of an input of [3]") == true)
        #expect(
            message([28, 28], [28, 3])
                == "layer layer: its input and its weight: [28, 28] and [28, 3] do not broadcast: aligned at the last axis, "
                + "28 meets 3; they must be equal, or one of them 1")
    }

    @Test func shiftsAndScalesStartWithoutEffectAndDoNotDecay() throws {
        for (operation, value) in [(BroadcastOperation.add, 0.0), (.multiply, 1)] {
            let description = BroadcastDescription(operation, shape: [3])
            #expect(description.kind == operation.rawValue && description.initializer == .constant(value))
            let network = try TestNetwork<Float>(description, inputShape: [3], rowCounts: [1])
            #expect(network.network.arena.parameters.map(\.decays) == [false])
        }
    }
}
