import Core
import Testing

/// Forward, backward and running statistics of every layer against PyTorch.
struct LayerFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let kind: String
        let options: [String: Double]
        let mode: String
        let passes: Int
        let rows: Int
        let inputShape: [Int]
        let input: [Double]
        let parameters: [String: [Double]]
        let buffersBefore: [String: [Double]]
        let output: [Double]
        let outputGradient: [Double]
        let inputGradient: [Double]
        let parameterGradients: [String: [Double]]
        let buffersAfter: [String: [Double]]

        var testDescription: String { name }

        var layer: any LayerDescription {
            switch kind {
            case "linear": LinearDescription(outputs: Int(options["outputs"]!), hasBias: options["bias"] != 0)
            case "relu": ReLUDescription()
            case "sigmoid": SigmoidDescription()
            case "tanh": TanhDescription()
            case "softmax": SoftmaxDescription()
            case "dropout": DropoutDescription(rate: options["rate"]!)
            case "batchnorm":
                BatchNormDescription(epsilon: options["epsilon"] ?? 1e-5, momentum: options["momentum"] ?? 0.1)
            default: fatalError("a fixture of \(kind)")
            }
        }
    }

    private static let cases: [Case] = (try? Fixture.load("layers.json")) ?? []

    @Test func everyLayerIsThere() {
        #expect(
            Set(Self.cases.map(\.kind))
                == ["linear", "relu", "sigmoid", "tanh", "softmax", "dropout", "batchnorm"])
    }

    private func run<Scalar: TrainingScalar>(_ fixture: Case, _ scalar: Scalar.Type, tolerance: Double) throws {
        let counts = ShardLayout.rowCounts(rows: fixture.rows, shards: 4)
        let network = try TestNetwork<Scalar>(
            fixture.layer, inputShape: Shape(fixture.inputShape), rowCounts: counts, roots: [0..<2, 2..<3, 3..<4])
        for (name, values) in fixture.parameters { network.set("layer/\(name)", values) }
        for (name, values) in fixture.buffersBefore { network.setBuffer("layer/\(name)", values) }
        var output: [Scalar] = []
        for _ in 0..<fixture.passes {
            output = network.forward(fixture.input, mode: fixture.mode == "training" ? .training : .inference)
        }
        let inputGradient = network.backward(fixture.outputGradient)
        #expect(output.reals.distance(from: fixture.output) < tolerance)
        #expect(inputGradient.reals.distance(from: fixture.inputGradient) < tolerance)
        #expect(network.network.arena.parameters.count == fixture.parameterGradients.count)
        for (name, gradient) in fixture.parameterGradients {
            #expect(network.gradient("layer/\(name)").reals.distance(from: gradient) < tolerance, "\(name)")
        }
        for (name, values) in fixture.buffersAfter {
            #expect(network.buffer("layer/\(name)").reals.distance(from: values) < tolerance, "\(name)")
        }
    }

    @Test(arguments: cases)
    func doubleAgrees(fixture: Case) throws { try run(fixture, Double.self, tolerance: 1e-13) }

    @Test(arguments: cases)
    func floatAgrees(fixture: Case) throws { try run(fixture, Float.self, tolerance: 1e-5) }
}
