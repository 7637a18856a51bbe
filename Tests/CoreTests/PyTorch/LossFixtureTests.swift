import Core
import Testing

/// Losses and their gradients against PyTorch.
struct LossFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let kind: String
        let rows: Int
        let outputShape: [Int]
        let predictions: [Double]
        let classes: [Int32]?
        let values: [Double]?
        let loss: Double
        let gradient: [Double]
        let correct: Int

        var testDescription: String { name }

        var description: any LossDescription {
            kind == "meanSquaredError" ? MeanSquaredErrorDescription() : SoftmaxCrossEntropyDescription()
        }
    }

    private static let cases: [Case] = (try? Fixture.load("losses.json")) ?? []

    @Test func everyLossIsThere() {
        for kind in ["softmaxCrossEntropy", "meanSquaredError"] {
            let ranks = Self.cases.filter { $0.kind == kind }.map(\.outputShape.count)
            #expect(Set(ranks) == [1, 2], "\(kind)")
        }
    }

    private func run<Scalar: TrainingScalar>(_ fixture: Case, _ scalar: Scalar.Type, tolerance: Double) throws {
        let loss = try TestLoss<Scalar>(
            fixture.description, outputShape: Shape(fixture.outputShape),
            rowCounts: ShardLayout.rowCounts(rows: fixture.rows, shards: 3), roots: [0..<2, 2..<3])
        let metrics =
            if let classes = fixture.classes {
                loss.forward(fixture.predictions, classes: classes)
            } else {
                loss.forward(fixture.predictions, values: fixture.values!)
            }
        #expect([metrics.lossSum.real / Double(metrics.count)].distance(from: [fixture.loss]) < tolerance)
        #expect(metrics.correct == fixture.correct && metrics.count == fixture.rows)
        #expect(loss.gradient().reals.distance(from: fixture.gradient) < tolerance)
    }

    @Test(arguments: cases)
    func doubleAgrees(fixture: Case) throws { try run(fixture, Double.self, tolerance: 1e-14) }

    @Test(arguments: cases)
    func floatAgrees(fixture: Case) throws { try run(fixture, Float.self, tolerance: 1e-6) }
}
