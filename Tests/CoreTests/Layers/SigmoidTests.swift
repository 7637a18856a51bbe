import Core
import Testing

struct SigmoidTests {
    @Test func valuesAndSlopes() throws {
        let network = try TestNetwork<Double>(SigmoidDescription(), inputShape: [3], rowCounts: [1])
        // σ(ln 3) = 3/4, with slope 3/16.
        #expect(network.forward([0, 1.0986122886681098, -1.0986122886681098]).isClose(to: [0.5, 0.75, 0.25], 1e-15))
        #expect(network.backward([2, 16, 16]).isClose(to: [0.5, 3, 3], 1e-15))
    }

    @Test func farOutItSaturates() throws {
        let network = try TestNetwork<Float>(SigmoidDescription(), inputShape: [4], rowCounts: [1])
        #expect(network.forward([1000, -1000, .infinity, -.infinity]) == [1, 0, 1, 0])
        #expect(network.backward([1, 1, 1, 1]) == [0, 0, 0, 0])
    }
}
