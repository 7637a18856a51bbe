import Core
import Testing

struct SoftmaxTests {
    /// ln 1, ln 2 and ln 3, and the shares they stand for.
    private static let logarithms = [0, 0.6931471805599453, 1.0986122886681098]
    private static let shares = [1.0, 2.0, 3.0].map { $0 / 6 }

    @Test func outputsAreShares() throws {
        let network = try TestNetwork<Double>(SoftmaxDescription(), inputShape: [3], rowCounts: [2])
        let y = network.forward(Self.logarithms + [5, 5, 5])
        #expect(y.isClose(to: Self.shares + [Double](repeating: 1.0 / 3, count: 3), 1e-15))
        // dX = Y·(dY − Σ dY·Y); Σ = (6·1 + 0·2 + 2·3)/6 = 2.
        let dX = network.backward([6, 0, 2, 1, 1, 1])
        #expect(dX.isClose(to: [2.0 / 3, -2.0 / 3, 0, 0, 0, 0], 1e-15))
    }

    @Test func aCommonShiftChangesNothingAndNothingOverflows() throws {
        let network = try TestNetwork<Float>(SoftmaxDescription(), inputShape: [3], rowCounts: [2])
        let y = network.forward([1000, 1001, 1002, 0, 1, 2])
        #expect(Array(y[0..<3]) == Array(y[3..<6]))
        let far = network.forward([-10000, 0, -.infinity, 3e38, -3e38, 0])
        #expect(far == [0, 1, 0, 1, 0, 0])
    }

    @Test func onlyTheLastAxisIsNormalized() throws {
        let network = try TestNetwork<Double>(SoftmaxDescription(), inputShape: [2, 3], rowCounts: [1])
        let y = network.forward(Self.logarithms + Self.logarithms.map { $0 + 7 })
        #expect(y.isClose(to: Self.shares + Self.shares, 1e-14))
    }

    @Test func aNaNMakesItsRowNaN() throws {
        let network = try TestNetwork<Float>(SoftmaxDescription(), inputShape: [20], rowCounts: [2])
        var x = numbers(40)
        x[17] = .nan
        let y = network.forward(x)
        #expect(y[0..<20].allSatisfy(\.isNaN) && y[20..<40].allSatisfy(\.isFinite))
    }

    @Test func aScalarHasNoClasses() {
        #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(SoftmaxDescription(), inputShape: [], rowCounts: [1])
        }
    }
}
