import Core
import Testing

struct LinearTests {
    private func network(_ rowCounts: [Int] = [2]) throws -> TestNetwork<Double> {
        let network = try TestNetwork<Double>(LinearDescription(outputs: 3), inputShape: [2], rowCounts: rowCounts)
        network.set("layer/weight", [1, 2, 3, 4, 5, 6])
        network.set("layer/bias", [0.5, 0, -1])
        return network
    }

    @Test func outputsAreWeightedSums() throws {
        #expect(try network().forward([1, 2, 3, -1]) == [9.5, 12, 14, -0.5, 1, 2])
    }

    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func gradientsAreTheSumsOverRows(rowCounts: [Int]) throws {
        let network = try network(rowCounts)
        _ = network.forward([1, 2, 3, -1])
        let dX = network.backward([1, 0, 2, 0, 1, -1])
        // dX = dY·Wᵀ.
        #expect(dX == [7, 16, -1, -1])
        // dW = Xᵀ·dY, db = Σ dY.
        #expect(network.gradient("layer/weight") == [1, 3, -1, 2, -1, 5])
        #expect(network.gradient("layer/bias") == [1, 1, 1])
    }

    @Test func aBiasCanBeLeftOut() throws {
        let network = try TestNetwork<Double>(
            LinearDescription(outputs: 1, hasBias: false), inputShape: [2], rowCounts: [1])
        network.set("layer/weight", [2, 3])
        #expect(network.forward([1, 1]) == [5])
        #expect(network.network.arena.parameters.map(\.name) == ["layer/weight"])
    }

    @Test func weightDecayIsForTheWeightAlone() throws {
        #expect(try network().network.arena.parameters.map(\.decays) == [true, false])
    }

    /// Two samples of two rows are what four samples of one row are; the shards hold whole samples.
    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func theLastAxisIsTheFeatures(rowCounts: [Int]) throws {
        let sequences = try TestNetwork<Double>(
            LinearDescription(outputs: 3), inputShape: [2, 2], rowCounts: rowCounts)
        let rows = try TestNetwork<Double>(
            LinearDescription(outputs: 3), inputShape: [2], rowCounts: rowCounts.map { 2 * $0 })
        for network in [sequences, rows] {
            network.set("layer/weight", [1, 2, 3, 4, 5, 6])
            network.set("layer/bias", [0.5, 0, -1])
        }
        #expect(sequences.network.outputShape == [2, 3])
        #expect(sequences.forward(numbers(8)) == rows.forward(numbers(8)))
        #expect(sequences.backward(numbers(12, phase: 1)) == rows.backward(numbers(12, phase: 1)))
        for name in ["layer/weight", "layer/bias"] { #expect(sequences.gradient(name) == rows.gradient(name)) }
    }

    @Test func samplesMustHaveFeatures() throws {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(LinearDescription(outputs: 1), inputShape: [], rowCounts: [1])
        }
        #expect(error?.description == "layer layer: expected an input of shape […, features], given []")
    }
}
