import Core
import Testing

struct PositionalEmbeddingTests {
    /// Two samples of two steps: each step's vector is added in both, and gets the gradients of both.
    @Test(arguments: [[2], [1, 1], [0, 2]])
    func everyStepHasAVector(rowCounts: [Int]) throws {
        let network = try TestNetwork<Double>(
            PositionalEmbeddingDescription(), inputShape: [2, 2], rowCounts: rowCounts)
        network.set("layer/weight", [0.5, -1, 0, 2])
        #expect(network.forward([1, 2, 3, 4, 0, 0, -1, 1]) == [1.5, 1, 3, 6, 0.5, -1, -1, 3])
        #expect(network.backward([1, 0, 2, -1, 3, 1, 0, 1]) == [1, 0, 2, -1, 3, 1, 0, 1])
        #expect(network.gradient("layer/weight") == [4, 1, 2, 0])
    }

    @Test func itsWeightIsASmallNormalOneThatDecays() throws {
        let network = try TestNetwork<Float>(PositionalEmbeddingDescription(), inputShape: [7, 5], rowCounts: [1])
        let parameter = try #require(network.network.arena.parameters.first)
        #expect((parameter.name, parameter.shape) == ("layer/weight", [7, 5]))
        #expect(parameter.initializer == .normal(standardDeviation: 0.02) && parameter.decays)
    }

    @Test(arguments: [[784], [28, 28, 1], []] as [Shape])
    func samplesMustBeSequences(shape: Shape) {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(PositionalEmbeddingDescription(), inputShape: shape, rowCounts: [1])
        }
        #expect(error?.description == "layer layer: expected an input of shape [steps, features], given \(shape)")
    }
}
