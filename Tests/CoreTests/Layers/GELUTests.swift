import Core
import Testing

struct GELUTests {
    private func network<Scalar: TrainingScalar>(
        _ approximation: GELUApproximation, _ scalar: Scalar.Type, count: Int
    ) throws -> TestNetwork<Scalar> {
        try TestNetwork(GELUDescription(approximation: approximation), inputShape: [count], rowCounts: [1])
    }

    @Test func valuesAndSlopes() throws {
        let network = try network(.none, Double.self, count: 4)
        #expect(
            network.forward([-2, 0, 1, 3]).isClose(to: [-0.0455002638964, 0, 0.8413447460685, 2.9959503059051], 1e-12))
        #expect(
            network.backward([1, 1, 0.5, -2]).isClose(
                to: [-0.0852318010782, 0.5, 0.5416577352938, -2.0238912944084], 1e-12))
    }

    @Test func approximatedValuesAndSlopes() throws {
        let network = try network(.tanh, Double.self, count: 4)
        #expect(
            network.forward([-2, 0, 1, 3]).isClose(to: [-0.0454023059122, 0, 0.8411919906083, 2.9963626079182], 1e-12))
        #expect(
            network.backward([1, 1, 0.5, -2]).isClose(
                to: [-0.0860992566236, 0.5, 0.5414820419229, -2.0231683332619], 1e-12))
    }

    /// Least at −0.7517915247, where the slope is 0.
    @Test func theLeastValueHasNoSlope() throws {
        let network = try network(.none, Double.self, count: 1)
        #expect(network.forward([-0.7517915247]).isClose(to: [-0.1699712075], 1e-10))
        #expect(network.backward([1]).isClose(to: [0], 1e-10))
    }

    @Test func theTwoAreNearEachOther() throws {
        let x = (-600...600).map { Double($0) / 100 }
        let exact = try network(.none, Double.self, count: x.count)
        let approximated = try network(.tanh, Double.self, count: x.count)
        let distances = zip(exact.forward(x), approximated.forward(x)).map { ($0 - $1).magnitude }
        #expect(distances.max()! < 5e-4 && distances.max()! > 4e-4)
    }

    /// As far out as numbers go, X² and X³ overflow; the function is the identity there, or 0.
    @Test(arguments: GELUApproximation.allCases)
    func farOutItIsTheIdentityOrZero(approximation: GELUApproximation) throws {
        let x: [Double] = [3e38, 1e20, 20, -20, -1e20, -3e38]
        let float = try network(approximation, Float.self, count: 6)
        #expect(float.forward(x) == [3e38, 1e20, 20, 0, 0, 0])
        #expect(float.backward([1, 1, 1, 1, 1, 1]) == [1, 1, 1, 0, 0, 0])
        let double = try network(approximation, Double.self, count: 4)
        #expect(double.forward([1e300, 50, -50, -1e300]) == [1e300, 50, 0, 0])
        #expect(double.backward([1, 1, 1, 1]) == [1, 1, 0, 0])
    }
}
