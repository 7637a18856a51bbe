import Core
import Testing

struct SiLUTests {
    @Test func valuesAndSlopes() throws {
        let network = try TestNetwork<Double>(SiLUDescription(), inputShape: [3], rowCounts: [1])
        // σ(ln 3) = 3/4, so Y = ¾·ln 3 and the slope ¾·(1 + ¼·ln 3); on the other side ¼·(1 − ¾·ln 3).
        let x = 1.0986122886681098
        #expect(network.forward([0, x, -x]).isClose(to: [0, 0.75 * x, -0.25 * x], 1e-15))
        #expect(
            network.backward([2, 16, 16]).isClose(to: [1, 12 * (1 + 0.25 * x), 4 * (1 - 0.75 * x)], 1e-15))
    }

    @Test func theExampleOfTheDocumentation() throws {
        let network = try TestNetwork<Double>(SiLUDescription(), inputShape: [4], rowCounts: [1])
        #expect(
            network.forward([-2, 0, 1, 3]).isClose(to: [-0.2384058440442, 0, 0.7310585786300, 2.8577223804673], 1e-12))
        #expect(
            network.backward([1, 1, 0.5, -2]).isClose(
                to: [-0.0907842487849, 0.5, 0.4638352559357, -2.1762082120303], 1e-12))
    }

    /// Least at −1.278464543, where the slope is 0.
    @Test func theLeastValueHasNoSlope() throws {
        let network = try TestNetwork<Double>(SiLUDescription(), inputShape: [1], rowCounts: [1])
        #expect(network.forward([-1.278464543]).isClose(to: [-0.2784645428], 1e-10))
        #expect(network.backward([1]).isClose(to: [0], 1e-9))
    }

    @Test func farOutItIsTheIdentityOrZero() throws {
        let network = try TestNetwork<Float>(SiLUDescription(), inputShape: [4], rowCounts: [1])
        #expect(network.forward([3e38, 1000, -1000, -3e38]) == [3e38, 1000, 0, 0])
        #expect(network.backward([1, 1, 1, 1]) == [1, 1, 0, 0])
    }
}
