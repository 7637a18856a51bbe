import Core
import Testing

struct TanhTests {
    @Test func valuesAndSlopes() throws {
        let network = try TestNetwork<Double>(TanhDescription(), inputShape: [3], rowCounts: [1])
        // tanh(ln 2) = 3/5, with slope 16/25.
        #expect(network.forward([0, 0.6931471805599453, -0.6931471805599453]).isClose(to: [0, 0.6, -0.6], 1e-15))
        #expect(network.backward([2, 25, 25]).isClose(to: [2, 16, 16], 1e-14))
    }

    @Test func farOutItSaturates() throws {
        let network = try TestNetwork<Float>(TanhDescription(), inputShape: [2], rowCounts: [1])
        #expect(network.forward([1000, -1000]) == [1, -1])
        #expect(network.backward([1, 1]) == [0, 0])
    }
}
