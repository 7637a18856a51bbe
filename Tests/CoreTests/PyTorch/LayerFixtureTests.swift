import Core
import Testing

/// Forward, backward, running statistics and ten steps of every layer against PyTorch.
struct LayerFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let kind: String
        let options: [String: Double]
        /// An einsum's.
        let equation: String?
        /// Of a parameter whose shape does not follow from the input.
        let weightShape: [Int]?
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
        let target: [Double]
        let steps: Int
        let rate: Double
        let inputAfterSteps: [Double]
        let parametersAfterSteps: [String: [Double]]
        let buffersAfterSteps: [String: [Double]]

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
            case "reshape": ReshapeDescription([3, 2])
            case "residual", "sequence": Self.block(outputs: Int(options["outputs"]!), isResidual: kind == "residual")
            case "convolution":
                Convolution2DDescription(
                    outputs: Int(options["outputs"]!), kernel: extent("kernel", 3), stride: extent("stride", 1),
                    padding: extent("padding", 0), hasBias: options["bias"] != 0)
            case "maxpool": MaxPool2DDescription(kernel: extent("kernel", 2), stride: extent("stride", nil))
            case "globalAveragePool": GlobalAveragePoolDescription()
            case "attention":
                AttentionDescription(
                    width: options["width"].map { Int($0) }, isCausal: options["causal"] == 1,
                    dropout: options["dropout"] ?? 0, hasBias: options["bias"] != 0)
            case "multiHeadAttention":
                MultiHeadAttentionDescription(
                    heads: Int(options["heads"]!), isCausal: options["causal"] == 1,
                    dropout: options["dropout"] ?? 0, hasBias: options["bias"] != 0)
            case "layernorm": LayerNormDescription(epsilon: options["epsilon"] ?? 1e-5)
            case "gelu": GELUDescription(approximation: options["tanh"] == 1 ? .tanh : .none)
            case "silu": SiLUDescription()
            case "lstm":
                LSTMDescription(outputs: Int(options["outputs"]!), returns: options["last"] == 1 ? .last : .sequence)
            case "embedding":
                EmbeddingDescription(classes: Int(options["classes"]!), width: Int(options["width"]!))
            case "einsum":
                EinsumDescription(try! EinsumEquation(equation!), weight: weightShape.map { Shape($0) })
            case "add": BroadcastDescription(.add, shape: Shape(weightShape!))
            case "multiply": BroadcastDescription(.multiply, shape: Shape(weightShape!))
            case "positionalEmbedding": PositionalEmbeddingDescription()
            case "transformerBlock":
                TransformerBlockDescription(
                    heads: Int(options["heads"]!), hidden: options["hidden"].map { Int($0) },
                    isCausal: options["causal"] == 1, dropout: options["dropout"] ?? 0)
            default: fatalError("a fixture of \(kind)")
            }
        }

        /// linear, tanh, linear; as a residual block with a third linear layer on the shortcut.
        private static func block(outputs: Int, isResidual: Bool) -> any LayerDescription {
            let layers = [
                NamedLayer(name: "linear1", description: LinearDescription(outputs: 6)),
                NamedLayer(name: "tanh1", description: TanhDescription()),
                NamedLayer(name: "linear2", description: LinearDescription(outputs: outputs)),
            ]
            let shortcut = [NamedLayer(name: "linear3", description: LinearDescription(outputs: outputs))]
            return isResidual ? ResidualDescription(layers, shortcut: shortcut) : SequenceDescription(layers)
        }

        /// `kernel`, or `kernelHeight` and `kernelWidth`.
        private func extent(_ key: String, _ fallback: Extent2D) -> Extent2D {
            extent(key, Optional(fallback))!
        }

        private func extent(_ key: String, _ fallback: Extent2D?) -> Extent2D? {
            if let both = options[key] { return Extent2D(Int(both)) }
            guard let height = options[key + "Height"], let width = options[key + "Width"] else { return fallback }
            return Extent2D(height: Int(height), width: Int(width))
        }
    }

    private static let kinds = [
        "add",
        "attention",
        "batchnorm",
        "convolution",
        "dropout",
        "einsum",
        "embedding",
        "gelu",
        "globalAveragePool",
        "layernorm",
        "linear",
        "lstm",
        "maxpool",
        "multiHeadAttention",
        "multiply",
        "positionalEmbedding",
        "relu",
        "reshape",
        "residual",
        "sequence",
        "sigmoid",
        "silu",
        "softmax",
        "tanh",
        "transformerBlock",
    ]

    private static let cases: [Case] = kinds.flatMap { (try? Fixture.load("layers/\($0).json")) ?? [Case]() }

    @Test func everyLayerIsThere() {
        #expect(Set(Self.cases.map(\.kind)) == Set(Self.kinds))
    }

    private func run<Scalar: TrainingScalar>(_ fixture: Case, _ scalar: Scalar.Type, tolerance: Double) throws {
        let counts = ShardLayout.rowCounts(rows: fixture.rows, shards: 4)
        let network = try TestNetwork<Scalar>(
            fixture.layer, inputShape: Shape(fixture.inputShape), rowCounts: counts, roots: [0..<2, 2..<3, 3..<4])
        for (name, values) in fixture.parameters { network.set("layer/\(name)", values) }
        for (name, values) in fixture.buffersBefore { network.setBuffer("layer/\(name)", values) }
        func expect(_ found: [Scalar], _ expected: [Double], _ what: String) {
            let distance = found.reals.distance(from: expected)
            #expect(distance < tolerance, "\(what)")
        }

        let mode: PassMode = fixture.mode == "training" ? .training : .inference
        var output: [Scalar] = []
        for _ in 0..<fixture.passes { output = network.forward(fixture.input, mode: mode) }
        let hasInputGradient = !fixture.inputGradient.isEmpty
        var inputGradient = network.backward(fixture.outputGradient)
        expect(output, fixture.output, "output")
        if hasInputGradient { expect(inputGradient, fixture.inputGradient, "input gradient") }
        #expect(network.network.arena.parameters.count == fixture.parameterGradients.count)
        for (name, gradient) in fixture.parameterGradients {
            expect(network.gradient("layer/\(name)"), gradient, "gradient of \(name)")
        }
        for (name, values) in fixture.buffersAfter { expect(network.buffer("layer/\(name)"), values, name) }

        var input = fixture.input
        for _ in 0..<fixture.steps {
            output = network.forward(input, mode: mode)
            let dY = zip(output.reals, fixture.target).map { ($0 - $1) / Double(fixture.rows) }
            inputGradient = network.backward(dY)
            if hasInputGradient { input = zip(input, inputGradient.reals).map { $0 - fixture.rate * $1 } }
            for name in fixture.parameters.keys.map({ "layer/\($0)" }) {
                let moved = zip(network.values(name).reals, network.gradient(name).reals).map {
                    $0 - fixture.rate * $1
                }
                network.set(name, moved)
            }
        }
        #expect(input.distance(from: fixture.inputAfterSteps) < tolerance, "input after \(fixture.steps) steps")
        for (name, values) in fixture.parametersAfterSteps {
            expect(network.values("layer/\(name)"), values, "\(name) after \(fixture.steps) steps")
        }
        for (name, values) in fixture.buffersAfterSteps {
            expect(network.buffer("layer/\(name)"), values, "\(name) after \(fixture.steps) steps")
        }
    }

    @Test(arguments: cases)
    func doubleAgrees(fixture: Case) throws { try run(fixture, Double.self, tolerance: 1e-11) }

    @Test(arguments: cases)
    func floatAgrees(fixture: Case) throws { try run(fixture, Float.self, tolerance: 1e-5) }
}
