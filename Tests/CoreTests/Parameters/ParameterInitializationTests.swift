import Core
import Testing

struct ParameterInitializationTests {
    private func arena<Scalar: TrainingScalar>(
        _ initializer: Initializer, shape: Shape = [300, 200], layout: ParameterLayout = .rowMajor, seed: UInt64 = 1,
        before: Int = 0, of: Scalar.Type
    ) -> ParameterArena<Scalar> {
        let arena = ParameterArena<Scalar>()
        for i in 0..<before { _ = arena.declare("other\(i)", shape: [3], initializer: .constant(0), decays: false) }
        _ = arena.declare(
            "weight", shape: shape, initializer: initializer, fanIn: 300, fanOut: 200, layout: layout, decays: true)
        arena.seal(rootCount: 1)
        arena.initialize(seed: seed)
        return arena
    }

    private func logicalValues<Scalar: TrainingScalar>(_ arena: ParameterArena<Scalar>, _ index: Int = 0) -> [Double] {
        let parameter = arena.parameters[index]
        return (0..<parameter.count).map { arena.values[parameter.offset + parameter.storageIndex($0)].real }
    }

    private func firstDifference(_ a: [Double], _ b: [Double]) -> Int? { a.indices.first { a[$0] != b[$0] } }

    /// Mean, variance, skewness and kurtosis, each within five standard errors of a sample of 60,000.
    private func expectMoments(
        _ values: [Double], variance: Double, kurtosis: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let n = Double(values.count)
        func moment(_ power: Int) -> Double {
            values.map { x in (0..<power).reduce(1.0) { product, _ in product * x } }.reduce(0, +) / n
        }
        let deviation = variance.squareRoot()
        #expect(moment(1).magnitude < 5 * deviation / n.squareRoot(), sourceLocation: sourceLocation)
        let varianceError = variance * ((kurtosis - 1) / n).squareRoot()
        #expect((moment(2) - variance).magnitude < 5 * varianceError, sourceLocation: sourceLocation)
        #expect(
            moment(3).magnitude / (variance * deviation) < 5 * (15 / n).squareRoot(), sourceLocation: sourceLocation)
        #expect(
            (moment(4) / (variance * variance) - kurtosis).magnitude < 5 * (96 / n).squareRoot(),
            sourceLocation: sourceLocation)
    }

    @Test func heIsNormalWithVarianceTwoOverFanIn() {
        expectMoments(logicalValues(arena(.he, of: Double.self)), variance: 2.0 / 300, kurtosis: 3)
    }

    @Test func glorotIsUniformWithinItsLimit() {
        let values = logicalValues(arena(.glorot, of: Double.self))
        let limit = (6.0 / 500).squareRoot()
        #expect(values.allSatisfy { $0.magnitude < limit })
        #expect(values.map(\.magnitude).max()! > 0.999 * limit)
        expectMoments(values, variance: limit * limit / 3, kurtosis: 1.8)
    }

    @Test func normalHasItsDeviation() {
        let initializer = Initializer.normal(standardDeviation: 0.02)
        expectMoments(logicalValues(arena(initializer, of: Double.self)), variance: 0.0004, kurtosis: 3)
    }

    @Test func neighboursAreIndependent() {
        let values = logicalValues(arena(.normal(standardDeviation: 1), of: Double.self))
        for distance in [1, 2, 3, 4, 200] {
            let products = zip(values, values.dropFirst(distance)).map { $0 * $1 }
            let correlation = products.reduce(0, +) / Double(products.count)
            #expect(correlation.magnitude < 5 / Double(products.count).squareRoot(), "distance \(distance)")
        }
    }

    @Test func uniformHasItsLimit() {
        let values = logicalValues(arena(.uniform(limit: 0.25), of: Double.self))
        #expect(values.allSatisfy { $0.magnitude < 0.25 })
        #expect(values.map(\.magnitude).max()! > 0.999 * 0.25)
        expectMoments(values, variance: 0.0625 / 3, kurtosis: 1.8)
    }

    @Test func partsAreEqualAndConstant() {
        let arena = arena(.parts([0, 1, -0.5]), shape: [6], of: Float.self)
        #expect(logicalValues(arena) == [0, 0, 1, 1, -0.5, -0.5])
        #expect((6..<arena.storageCount).allSatisfy { arena.values[$0] == 0 })
        let panels = self.arena(.parts([2, 3]), shape: [4, 20], layout: .columnPanels, of: Float.self)
        #expect(logicalValues(panels) == (0..<80).map { $0 < 40 ? 2 : 3 })
    }

    @Test func constantsFillTheParameterAndNothingElse() {
        let arena = arena(.constant(0.25), shape: [5], of: Float.self)
        #expect(logicalValues(arena).allSatisfy { $0 == 0.25 })
        #expect((5..<arena.storageCount).allSatisfy { arena.values[$0] == 0 })
    }

    @Test(arguments: [Initializer.he, .glorot])
    func valuesDependOnNeitherLayoutNorScalar(initializer: Initializer) {
        let shape: Shape = [7, 37]
        let rowMajor = logicalValues(arena(initializer, shape: shape, of: Float.self))
        let panels = logicalValues(arena(initializer, shape: shape, layout: .columnPanels, of: Float.self))
        let doubles = logicalValues(arena(initializer, shape: shape, layout: .columnPanels, of: Double.self))
        let duals = logicalValues(arena(initializer, shape: shape, of: Dual<Double>.self))
        #expect(firstDifference(rowMajor, panels) == nil)
        #expect(firstDifference(rowMajor, doubles.map { Double(Float($0)) }) == nil)
        #expect(firstDifference(doubles, duals) == nil)
    }

    @Test func valuesDependOnSeedAndPlaceInTheArena() {
        let first = logicalValues(arena(.he, of: Float.self))
        #expect(firstDifference(first, logicalValues(arena(.he, of: Float.self))) == nil)
        #expect(firstDifference(first, logicalValues(arena(.he, seed: 2, of: Float.self))) != nil)
        #expect(firstDifference(first, logicalValues(arena(.he, seed: 1 << 32 | 1, of: Float.self))) != nil)
        #expect(firstDifference(first, logicalValues(arena(.he, before: 1, of: Float.self), 1)) != nil)
    }

    /// Pins the numbers themselves: every later version must start from them. Computed apart from this code, with mpmath.
    @Test func theFirstValuesAreThese() {
        let normal = logicalValues(arena(.normal(standardDeviation: 1), of: Double.self))
        let uniform = logicalValues(arena(.glorot, of: Double.self))
        for (value, expected) in zip(
            normal,
            [
                0.380400734185699066, -0.296277889408226326, -0.249233423396752547, -1.00383725183887579,
                0.626947853241901719, -0.633983768401381464, -0.678271588984651505, -1.01308063183260179,
            ])
        { #expect((value - expected).magnitude < 1e-15) }
        for (value, expected) in zip(
            uniform,
            [
                0.0855015009047098031, 0.0864710888757957767, 0.0187816142657526462, 0.0462865164843407924,
                0.0376829326712437084, 0.0819638183647871415, -0.00534725628912214593, 0.0342004906737085072,
            ])
        { #expect((value - expected).magnitude < 1e-16) }
    }
}
