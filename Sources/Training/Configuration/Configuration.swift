import Core
import Yams

/// Everything that a run is told, with every default filled in.
public struct Configuration: Sendable {
    public let network: [NamedLayer]
    public let loss: any LossDescription
    public let optimizer: any OptimizerDescription
    public let schedule: any Schedule
    public let gradientClipping: GradientClipping
    /// What happens when a step's loss, gradient or running statistics are no numbers.
    public let nonFinite: NonFinitePolicy
    /// N, the samples of one step over all ranks.
    public let globalBatchSize: Int
    /// Whether an epoch's last batch is left out when it is smaller than the others.
    public let dropLast: Bool
    /// Whether each epoch has its own order.
    public let shuffle: Bool
    /// V, the shards that a global batch is cut into.
    public let shards: Int
    /// A, the passes in which a global batch is taken; a divisor of V.
    public let accumulationSteps: Int
    public let epochs: Int
    public let seed: UInt64
    public let gemm: ProductBackend
    public let data: DataSource
    public let augmentation: Augmentation
    public let checkpoints: CheckpointCadence
    public let histograms: HistogramCadence
    public let driftChecks: DriftCheckCadence
    /// Whether the ranks of a node share memory, where they can.
    public let sharesMemory: Bool
    /// Whether the hashes of every step's tensors are recorded.
    public let trace: Bool

    /// The configuration after all defaults, as YAML that `--config` takes: the run's `config.yaml`.
    public let yaml: String
    /// The part of it that determines the result, as YAML: what files carry, ranks compare and a resumed run must share.
    public let resultYAML: String

    /// When checkpoints are written and which are kept.
    public struct CheckpointCadence: Sendable {
        /// Steps between checkpoints; nil for every epoch's end, or every k-th where that is not 100 steps after the last.
        public let every: Int?
        /// The latest that are kept; 0 for all.
        public let keepLast: Int
        /// The best (by test loss) that are kept beside them; 0 for all.
        public let keepBest: Int

        /// Whether a checkpoint is due after `step` steps. It depends on nothing else, so that stops and resumes, which write
        /// checkpoints in between, move no later one.
        func isDue(step: Int, stepsPerEpoch: Int) -> Bool {
            if let every { return step % every == 0 }
            // Every epoch's end, or where epochs are short, that of every k-th, k being the least that makes 100 steps.
            let epochs = (100 + stepsPerEpoch - 1) / stepsPerEpoch
            return step % (epochs * stepsPerEpoch) == 0
        }
    }

    /// When histograms are taken.
    public struct HistogramCadence: Sendable {
        /// Steps between histograms.
        public let every: Int
        /// Linear subdivisions of an octave: 1, 2 or 4.
        public let subdivisions: Int
    }

    /// When parameters are compared with what was written, over all ranks.
    public struct DriftCheckCadence: Sendable {
        /// Steps between checks; 0 for none, before checkpoints neither.
        public let every: Int
    }

    public static let defaultNetwork = """
        [{linear: {outputs: 256, initializer: he}}, relu, batchnorm, {dropout: 0.2}, {linear: 128}, tanh, {linear: 10}]
        """

    /// Keys that a resumed run may change, beside `recompute` in containers: they decide how often something is written, not what, or where something lies. But
    /// a run that goes back to its checkpoints keeps `checkpoints.every`, and a text is cut as it was.
    static let cadenceKeys: Set<String> = ["data", "checkpoints", "histograms", "driftChecks", "sharedMemory", "trace"]

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - yaml: the text of `--config`, or nil.
    ///   - file: what messages call that text.
    ///   - overrides: `key.path=value` in order, `--set` before the flags.
    /// - Throws: `ConfigurationError`, naming file, line, key, and the nearest known name.
    public init(yaml: String? = nil, file: String = "", overrides: [ConfigurationOverride] = [])
        throws(ConfigurationError)
    {
        var document: ConfigurationDocument
        if let yaml {
            document = try ConfigurationDocument(yaml: yaml, file: file)
        } else {
            document = ConfigurationDocument()
        }
        for override in overrides { try override.apply(to: &document) }
        try self.init(document, file: file)
    }

    init(_ document: ConfigurationDocument, file: String) throws(ConfigurationError) {
        var reader = try ConfigurationReader(document.root, path: "", file: file)
        gemm =
            ProductBackend(
                rawValue: try reader.choice(
                    "gemm", default: ProductBackend.native.rawValue, of: ProductBackend.allCases.map(\.rawValue)))!
        network = try reader.network(backend: gemm)
        loss = try reader.loss()
        optimizer = try reader.optimizer()
        schedule = try reader.schedule()
        gradientClipping = try reader.gradientClipping()
        nonFinite = try reader.nonFinite()
        globalBatchSize = try reader.integer("globalBatchSize", default: 256, in: 1...Int(Int32.max))
        dropLast = try reader.boolean("dropLast", default: false)
        shuffle = try reader.boolean("shuffle", default: true)
        shards = try reader.integer("shards", default: 8, in: 1...65_536)
        accumulationSteps = try reader.accumulationSteps(shards: shards)
        epochs = try reader.integer("epochs", default: 20, in: 1...Int(Int32.max))
        seed = try reader.unsigned("seed", default: 1)
        data = try reader.data()
        augmentation = try reader.augmentation()
        checkpoints = try reader.mapping("checkpoints") { reader throws(ConfigurationError) in
            CheckpointCadence(
                every: try reader.optionalInteger("every", in: 1...Int.max),
                keepLast: try reader.integer("keepLast", default: 3, in: 0...Int.max),
                keepBest: try reader.integer("keepBest", default: 1, in: 0...Int.max))
        }
        histograms = try reader.mapping("histograms") { reader throws(ConfigurationError) in
            HistogramCadence(
                every: try reader.integer("every", default: 100, in: 1...Int.max),
                subdivisions: try reader.subdivisions())
        }
        driftChecks = try reader.mapping("driftChecks") { reader throws(ConfigurationError) in
            DriftCheckCadence(every: try reader.integer("every", default: 100, in: 0...Int.max))
        }
        sharesMemory = try reader.boolean("sharedMemory", default: true)
        trace = try reader.boolean("trace", default: false)
        let resolved = try reader.finish()
        yaml = Self.serialize(resolved)
        resultYAML = Self.serialize(Self.result(resolved, nonFinite: nonFinite))
    }

    /// What of the resolved configuration determines the result.
    private static func result(_ resolved: Node, nonFinite: NonFinitePolicy) -> Node {
        var result: [(Node, Node)] = []
        for (key, value) in resolved.mapping! {
            let name = key.scalar!.string
            if case .rollback = nonFinite, name == "checkpoints" {
                result.append((key, Node([(Node("every"), value["every"]!)])))
            } else if name == "data" {
                if let data = DataSource.result(value) { result.append((key, data)) }
            } else if name == "network" {
                result.append((key, withoutRecomputation(value)))
            } else if !cadenceKeys.contains(name) {
                result.append((key, value))
            }
        }
        return Node(result)
    }

    /// Containers as they are without `recompute`, which changes memory and time alone.
    private static func withoutRecomputation(_ node: Node) -> Node {
        switch node {
        case .sequence(let entries): Node(entries.map(withoutRecomputation))
        case .mapping(let mapping):
            Node(
                mapping.filter { $0.key.scalar?.string != "recompute" }.map { ($0.key, withoutRecomputation($0.value)) }
            )
        case .scalar, .alias: node
        }
    }

    static func serialize(_ node: Node) -> String {
        do {
            return try Yams.serialize(node: node, width: -1, allowUnicode: true)
        } catch {
            preconditionFailure("the resolved configuration does not serialize: \(error)")
        }
    }
}

/// One key laid over the configuration from the command line.
public enum ConfigurationOverride: Sendable {
    /// `--set key.path=value`.
    case set(String)
    /// A flag that stands for one key.
    case key(String, String)
    /// `--optimizer KIND`: keeps the options where the kind stays the same.
    case optimizer(String)
    /// `--learning-rate X`: of whatever optimizer there is.
    case learningRate(String)

    func apply(to document: inout ConfigurationDocument) throws(ConfigurationError) {
        switch self {
        case .set(let assignment):
            try document.set(assignment)
        case .key(let key, let value):
            try document.set(key, to: Node(value))
        case .optimizer(let kind):
            guard document.kind(of: "optimizer") != kind else { return }
            try document.set("optimizer", to: Node(kind))
        case .learningRate(let value):
            let kind = document.kind(of: "optimizer") ?? Configuration.defaultOptimizer
            try document.set("optimizer.\(kind).learningRate", to: Node(value))
        }
    }
}
