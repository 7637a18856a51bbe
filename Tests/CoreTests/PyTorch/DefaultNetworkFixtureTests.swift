import Core
import Testing

/// Ten training steps of the default network (dropout 0) against PyTorch: losses, gradients, parameters, running statistics
/// and the evaluation after them.
struct DefaultNetworkFixtureTests {
    struct Content: Decodable {
        let batch: Int
        let steps: Int
        let runs: [Run]
    }

    struct Run: Decodable, Sendable, CustomTestStringConvertible {
        let kind: String
        let options: [String: Double]
        let losses: [Double]
        let logits: [Double]
        let gradients: [String: [Double]]
        let parameters: [String: [Double]]
        let runningMean: [Double]
        let runningVariance: [Double]
        let evaluationLoss: Double

        var testDescription: String { kind }
    }

    private static let content: Content? = try? Fixture.load("default-network.json")
    private static var runs: [Run] { content?.runs ?? [] }

    static let layers = [
        NamedLayer(name: "linear1", description: LinearDescription(outputs: 256, initializer: .he)),
        NamedLayer(name: "relu1", description: ReLUDescription()),
        NamedLayer(name: "batchnorm1", description: BatchNormDescription()),
        NamedLayer(name: "dropout1", description: DropoutDescription(rate: 0)),
        NamedLayer(name: "linear2", description: LinearDescription(outputs: 128)),
        NamedLayer(name: "tanh1", description: TanhDescription()),
        NamedLayer(name: "linear3", description: LinearDescription(outputs: 10)),
    ]

    @Test func bothOptimizersAreThere() {
        #expect(Self.runs.map(\.kind) == ["momentum", "adamw"])
    }

    @Test(arguments: runs)
    func doubleAgrees(run: Run) throws { try train(run, Double.self, tolerance: 1e-10) }

    @Test(arguments: runs)
    func floatAgrees(run: Run) throws { try train(run, Float.self, tolerance: 1e-5) }

    /// `batch` of generate.py.
    private func batch(_ step: Int, rows: Int) -> (pixels: [Double], labels: [Int32]) {
        let pixels = (0..<(rows * 784)).map { i in
            let bits = Fixture.mix(100 + step, i)
            return bits & 7 == 0 ? Double(bits >> 8) / 256 : 0
        }
        let labels = (0..<rows).map { n in
            Int32(pixels[(n * 784)..<(n * 784 + 64)].map { Int($0 * 256) }.reduce(0, +) % 10)
        }
        return (pixels, labels)
    }

    /// `sample` of generate.py: everything of a small tensor, 64 elements of a large one.
    private func sample(_ values: [Double]) -> [Double] {
        values.count <= 256 ? values : (0..<64).map { values[$0 * 7919 % values.count] }
    }

    private func train<Scalar: TrainingScalar>(_ run: Run, _ scalar: Scalar.Type, tolerance: Double) throws {
        let content = try #require(Self.content)
        let network = try TestNetwork<Scalar>(
            Self.layers, inputShape: [784], rowCounts: ShardLayout.rowCounts(rows: content.batch, shards: 8))
        let loss = try TestLoss<Scalar>(
            SoftmaxCrossEntropyDescription(), outputs: 10,
            rowCounts: ShardLayout.rowCounts(rows: content.batch, shards: 8))
        let parameters = network.network.arena.parameters
        #expect(parameters.map(\.name).sorted() == run.parameters.keys.sorted())
        let order = [
            "linear1/weight", "linear1/bias", "batchnorm1/gamma", "batchnorm1/beta", "linear2/weight", "linear2/bias",
            "linear3/weight", "linear3/bias",
        ]
        var optimizers: [String: TestOptimizer<Scalar>] = [:]
        for (stream, name) in order.enumerated() {
            let count = try #require(parameters.first { $0.name == name }).count
            let shift: Double = name.hasSuffix("gamma") ? 1 : 0
            let values = Fixture.numbers(200 + stream, count: count, scale: 0.125).map { $0 + shift }
            network.set(name, values)
            optimizers[name] = TestOptimizer(describedOptimizer(run.kind, run.options), values)
        }

        for step in 0..<content.steps {
            let (pixels, labels) = batch(step, rows: content.batch)
            let logits = network.forward(pixels, step: step)
            let metrics = loss.forward(logits.reals, classes: labels)
            #expect(
                [metrics.lossSum.real / Double(content.batch)].distance(from: [run.losses[step]]) < tolerance,
                "loss of step \(step)")
            _ = network.backward(loss.gradient().reals)
            if step == 0 {
                #expect(logits.reals.distance(from: run.logits) < tolerance)
                for (name, gradient) in run.gradients {
                    #expect(sample(network.gradient(name).reals).distance(from: gradient) < tolerance, "\(name)")
                }
            }
            for parameter in parameters {
                optimizers[parameter.name]!.update(network.gradient(parameter.name).reals, decays: parameter.decays)
                network.set(parameter.name, optimizers[parameter.name]!.values.reals)
            }
        }

        for (name, values) in run.parameters {
            #expect(sample(network.values(name).reals).distance(from: values) < tolerance, "\(name)")
        }
        #expect(network.buffer("batchnorm1/running_mean").reals.distance(from: run.runningMean) < tolerance)
        #expect(network.buffer("batchnorm1/running_variance").reals.distance(from: run.runningVariance) < tolerance)
        let (pixels, labels) = batch(content.steps, rows: content.batch)
        let evaluation = loss.forward(network.forward(pixels, mode: .inference).reals, classes: labels)
        #expect(
            [evaluation.lossSum.real / Double(content.batch)].distance(from: [run.evaluationLoss]) < tolerance)
    }
}
