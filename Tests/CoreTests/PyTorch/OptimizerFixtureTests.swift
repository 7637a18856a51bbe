import Core
import Testing

/// Six updates of every optimizer, and clipping, against PyTorch.
struct OptimizerFixtureTests {
    struct Content: Decodable {
        let optimizers: [Case]
        let clippings: [Clipping]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let kind: String
        let options: [String: Double]
        let values: [Double]
        let gradients: [[Double]]
        let learningRates: [Double]
        let after: [[Double]]

        var testDescription: String { "\(kind), weight decay \(options["weightDecay"] ?? 0)" }
    }

    struct Clipping: Decodable, Sendable, CustomTestStringConvertible {
        let kind: String
        let limit: Double
        let scale: Double
        let counts: [Int]
        let norm: Double?
        let clipped: [[Double]]

        var testDescription: String { "\(kind) \(limit)" }
        var clipping: GradientClipping { kind == "norm" ? .norm(limit) : .value(limit) }
    }

    private static let content: Content? = try? Fixture.load("optimizers.json")
    private static var cases: [Case] { content?.optimizers ?? [] }
    private static var clippings: [Clipping] { content?.clippings ?? [] }

    @Test func everyOptimizerIsThere() {
        #expect(Set(Self.cases.map(\.kind)) == ["sgd", "momentum", "nesterov", "adam", "adamw"])
        #expect(Set(Self.clippings.map(\.kind)) == ["norm", "value"])
    }

    private func run<Scalar: TrainingScalar>(_ fixture: Case, _ scalar: Scalar.Type, tolerance: Double) {
        let description = describedOptimizer(fixture.kind, fixture.options)
        var optimizer = TestOptimizer<Scalar>(description, fixture.values)
        for (step, gradients) in fixture.gradients.enumerated() {
            optimizer.update(gradients, learningRate: fixture.learningRates[step])
            #expect(optimizer.values.reals.distance(from: fixture.after[step]) < tolerance, "step \(step)")
        }
    }

    @Test(arguments: cases)
    func doubleAgrees(fixture: Case) { run(fixture, Double.self, tolerance: 1e-14) }

    @Test(arguments: cases)
    func floatAgrees(fixture: Case) { run(fixture, Float.self, tolerance: 1e-6) }

    @Test(arguments: clippings)
    func clippingAgrees(fixture: Clipping) {
        let arena = ParameterArena<Double>()
        for (i, count) in fixture.counts.enumerated() {
            _ = arena.declare("p\(i)", shape: [count], initializer: .constant(0), decays: true)
        }
        arena.seal(rootCount: 1)
        let gradients = arena.gradients(root: 0)
        for (i, parameter) in arena.parameters.enumerated() {
            let numbers = Fixture.numbers(30 + i, count: parameter.count, scale: fixture.scale)
            for (j, number) in numbers.enumerated() { gradients[parameter.offset + j] = number }
        }
        let blocks = ParameterBlocks(arena.parameters)
        let sums = blocks.blocks.map {
            ParameterBlocks.squareSum(gradients + $0.range.lowerBound, count: $0.range.count)
        }
        var perParameter = [Double](repeating: 0, count: arena.parameters.count)
        blocks.perParameter(sums, into: &perParameter)
        let norm = GradientClipping.norm(parameterSums: perParameter, count: perParameter.count)
        if let expected = fixture.norm { #expect((norm / expected - 1).magnitude < 1e-14) }
        fixture.clipping.apply(
            to: gradients, count: arena.storageCount, coefficient: fixture.clipping.coefficient(norm: norm))
        for (parameter, expected) in zip(arena.parameters, fixture.clipped) {
            let clipped = (0..<expected.count).map { gradients[parameter.offset + $0] }
            #expect(clipped.distance(from: expected) < 1e-15)
        }
    }
}

/// The optimizer that a fixture names.
func describedOptimizer(_ kind: String, _ options: [String: Double]) -> any OptimizerDescription {
    let rate = options["learningRate"]!
    let decay = options["weightDecay"] ?? 0
    switch kind {
    case "sgd":
        return SGDDescription(learningRate: rate, weightDecay: decay)
    case "momentum":
        return MomentumDescription(learningRate: rate, momentum: options["momentum"]!, weightDecay: decay)
    case "nesterov":
        return NesterovDescription(learningRate: rate, momentum: options["momentum"]!, weightDecay: decay)
    case "adam":
        return AdamDescription(
            learningRate: rate, beta1: options["beta1"]!, beta2: options["beta2"]!, epsilon: options["epsilon"]!,
            weightDecay: decay)
    case "adamw":
        return AdamWDescription(
            learningRate: rate, beta1: options["beta1"]!, beta2: options["beta2"]!, epsilon: options["epsilon"]!,
            weightDecay: decay)
    default:
        fatalError("a fixture of \(kind)")
    }
}
