import Core
import Testing

/// Einsum and both gradients against PyTorch's `einsum` and its derivatives.
struct EinsumFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let equation: String
        let shapes: [[Int]]
        let operands: [[Double]]
        let result: [Double]
        let resultShape: [Int]
        let resultGradient: [Double]
        let gradients: [[Double]]

        var testDescription: String { "\(equation) on \(shapes)" }
    }

    private static let cases: [Case] = (try? Fixture.load("einsum.json")) ?? []

    @Test func allAreThere() {
        #expect(Self.cases.count >= 25)
        #expect(Self.cases.contains { $0.shapes.count == 1 } && Self.cases.contains { $0.shapes.count == 2 })
    }

    private func expectAgreement<Scalar: TrainingScalar>(_ fixture: Case, _ scalar: Scalar.Type, _ tolerance: Double)
        throws
    {
        let shapes = fixture.shapes.map { Shape($0) }
        let run = try EinsumRun<Scalar>(fixture.equation, shapes[0], shapes.dropFirst().first)
        let (a, b) = (fixture.operands[0], fixture.operands.dropFirst().first)
        #expect(run.einsum.shapes.result == Shape(fixture.resultShape))
        #expect(run.forward(a, b).distance(from: fixture.result) < tolerance)
        let left = run.leftGradient(fixture.resultGradient, b)
        #expect(left.distance(from: fixture.gradients[0]) < tolerance)
        guard b != nil else { return }
        #expect(run.rightGradient(fixture.resultGradient, a).distance(from: fixture.gradients[1]) < tolerance)
    }

    @Test(arguments: cases)
    func doubleAgrees(fixture: Case) throws { try expectAgreement(fixture, Double.self, 1e-13) }

    @Test(arguments: cases)
    func floatAgrees(fixture: Case) throws { try expectAgreement(fixture, Float.self, 1e-5) }

    @Test(arguments: cases)
    func dualAgrees(fixture: Case) throws { try expectAgreement(fixture, Dual<Double>.self, 1e-13) }
}
