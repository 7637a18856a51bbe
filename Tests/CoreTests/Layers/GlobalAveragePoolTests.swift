import Core
import Testing

struct GlobalAveragePoolTests {
    /// The example of Documentation/global-average-pool.md.
    @Test func theMeanIsOverAllPlaces() throws {
        let network = try TestNetwork<Double>(GlobalAveragePoolDescription(), inputShape: [2, 2, 2], rowCounts: [2])
        #expect(network.network.outputShape == [2])
        #expect(network.forward([1, 10, 2, 20, 3, 30, 6, -20, 0, 1, 0, 1, 0, 1, 0, 1]) == [3, 10, 0, 1])
        #expect(network.backward([4, -8, 2, 0]) == [1, -2, 1, -2, 1, -2, 1, -2, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0])
    }

    @Test func stepsOfASequenceArePlaces() throws {
        let network = try TestNetwork<Double>(GlobalAveragePoolDescription(), inputShape: [3, 2], rowCounts: [1])
        #expect(network.forward([1, 0, 2, 0, 6, 3]) == [3, 1])
        #expect(network.backward([3, 6]) == [1, 2, 1, 2, 1, 2])
    }

    @Test func onePlaceIsItsOwnMean() throws {
        let network = try TestNetwork<Float>(GlobalAveragePoolDescription(), inputShape: [1, 1, 3], rowCounts: [1])
        #expect(network.forward([0.1, 0.2, 0.3]) == [0.1, 0.2, 0.3])
        #expect(network.backward([0.1, 0.2, 0.3]) == [0.1, 0.2, 0.3])
    }

    @Test func aNaNStaysInItsChannel() throws {
        let network = try TestNetwork<Float>(GlobalAveragePoolDescription(), inputShape: [2, 2], rowCounts: [1])
        let y = network.forward([.nan, 1, 2, 3])
        #expect(y[0].isNaN && y[1] == 2)
    }

    @Test(arguments: [[], [4]] as [Shape])
    func thereMustBePlaces(inputShape: Shape) {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(GlobalAveragePoolDescription(), inputShape: inputShape, rowCounts: [1])
        }
        #expect(
            error?.description
                == "layer layer: expected an input of shape [height, width, channels] or [steps, channels], given "
                + "\(inputShape)")
    }
}
