import Core
import Yams

/// How one kind of layer is read from the configuration.
struct LayerKind: Sendable {
    /// The key that a plain value stands for: `{linear: 128}` is `{linear: {outputs: 128}}`.
    let shorthand: String?
    let read: @Sendable (inout ConfigurationReader, ProductBackend) throws(ConfigurationError) -> any LayerDescription
}

/// The kinds of layers, by their names in the configuration. A new layer is one entry here.
private let layerKinds: [String: LayerKind] = [
    "linear": LayerKind(shorthand: "outputs") { reader, backend throws(ConfigurationError) in
        LinearDescription(
            outputs: try reader.integer("outputs", in: 1...Int(Int32.max)),
            initializer: try reader.initializer(),
            hasBias: try reader.boolean("bias", default: true), backend: backend)
    },
    "relu": LayerKind(shorthand: nil) { _, _ in ReLUDescription() },
    "sigmoid": LayerKind(shorthand: nil) { _, _ in SigmoidDescription() },
    "tanh": LayerKind(shorthand: nil) { _, _ in TanhDescription() },
    "softmax": LayerKind(shorthand: nil) { _, _ in SoftmaxDescription() },
    "batchnorm": LayerKind(shorthand: nil) { reader, _ throws(ConfigurationError) in
        BatchNormDescription(
            epsilon: try reader.epsilon(default: 1e-5),
            momentum: try reader.number("momentum", default: 0.1, "a number from 0 to 1") { (0...1).contains($0) })
    },
    "layernorm": LayerKind(shorthand: nil) { reader, _ throws(ConfigurationError) in
        LayerNormDescription(epsilon: try reader.epsilon(default: 1e-5))
    },
    "gelu": LayerKind(shorthand: nil) { reader, _ throws(ConfigurationError) in
        let names = GELUApproximation.allCases.map(\.rawValue)
        let name = try reader.choice("approximation", default: GELUApproximation.none.rawValue, of: names)
        return GELUDescription(approximation: GELUApproximation(rawValue: name)!)
    },
    "silu": LayerKind(shorthand: nil) { _, _ in SiLUDescription() },
    "dropout": LayerKind(shorthand: "rate") { reader, _ throws(ConfigurationError) in
        DropoutDescription(rate: try reader.dropoutRate("rate"))
    },
    "attention": LayerKind(shorthand: "width") { reader, backend throws(ConfigurationError) in
        AttentionDescription(
            width: try reader.optionalInteger("width", in: 1...Int(Int32.max)),
            isCausal: try reader.boolean("causal", default: false),
            dropout: try reader.dropoutRate("dropout", default: 0),
            hasBias: try reader.boolean("bias", default: true),
            initializer: try reader.initializer(), backend: backend)
    },
    "multiHeadAttention": LayerKind(shorthand: "heads") { reader, backend throws(ConfigurationError) in
        MultiHeadAttentionDescription(
            heads: try reader.integer("heads", in: 1...Int(Int32.max)),
            isCausal: try reader.boolean("causal", default: false),
            dropout: try reader.dropoutRate("dropout", default: 0),
            hasBias: try reader.boolean("bias", default: true),
            initializer: try reader.initializer(), backend: backend)
    },
    "lstm": LayerKind(shorthand: "outputs") { reader, backend throws(ConfigurationError) in
        let outputs = try reader.integer("outputs", in: 1...65_536)
        let returns = try reader.choice(
            "returns", default: LSTMDescription.Returns.sequence.rawValue,
            of: LSTMDescription.Returns.allCases.map(\.rawValue))
        return LSTMDescription(
            outputs: outputs, returns: LSTMDescription.Returns(rawValue: returns)!,
            initializer: try reader.initializer(default: LSTMDescription.defaultInitializer(outputs: outputs)),
            forgetBias: try reader.number("forgetBias", default: 1, inSinglePrecision: true, "a number") { _ in true },
            backend: backend)
    },
    "embedding": LayerKind(shorthand: nil) { reader, _ throws(ConfigurationError) in
        EmbeddingDescription(
            classes: try reader.integer("classes", in: 1...EmbeddingDescription.maximumClasses),
            width: try reader.integer("width", in: 1...65_536),
            initializer: try reader.initializer(default: .normal(standardDeviation: 0.02)))
    },
    "transformerBlock": LayerKind(shorthand: "heads") { reader, backend throws(ConfigurationError) in
        TransformerBlockDescription(
            heads: try reader.integer("heads", in: 1...Int(Int32.max)),
            hidden: try reader.optionalInteger("hidden", in: 1...Int(Int32.max)),
            isCausal: try reader.boolean("causal", default: false),
            dropout: try reader.dropoutRate("dropout", default: 0),
            recomputes: try reader.boolean("recompute", default: false), backend: backend)
    },
    "reshape": LayerKind(shorthand: "shape") { reader, _ throws(ConfigurationError) in
        ReshapeDescription(try reader.shape("shape"))
    },
    "convolution": LayerKind(shorthand: "outputs") { reader, backend throws(ConfigurationError) in
        let outputs = try reader.integer("outputs", in: 1...Int(Int32.max))
        let kernel = try reader.extent("kernel", default: 3, in: 1...Extent2D.limit)
        let stride = try reader.extent("stride", default: 1, in: 1...Extent2D.limit)
        return Convolution2DDescription(
            outputs: outputs, kernel: kernel, stride: stride,
            padding: try reader.padding(kernel: kernel, stride: stride), initializer: try reader.initializer(),
            hasBias: try reader.boolean("bias", default: true), backend: backend)
    },
    "maxpool": LayerKind(shorthand: "kernel") { reader, _ throws(ConfigurationError) in
        let kernel = try reader.extent("kernel", default: 2, in: 1...Extent2D.limit)
        return MaxPool2DDescription(
            kernel: kernel, stride: try reader.extent("stride", default: kernel, in: 1...Extent2D.limit))
    },
    "globalAveragePool": LayerKind(shorthand: nil) { _, _ in GlobalAveragePoolDescription() },
    "flatten": LayerKind(shorthand: nil) { _, _ in FlattenDescription() },
    "einsum": LayerKind(shorthand: "equation") { reader, _ throws(ConfigurationError) in try reader.einsum() },
    "add": LayerKind(shorthand: "shape") { reader, _ throws(ConfigurationError) in try reader.broadcast(.add) },
    "multiply": LayerKind(shorthand: "shape") { reader, _ throws(ConfigurationError) in
        try reader.broadcast(.multiply)
    },
    "positionalEmbedding": LayerKind(shorthand: nil) { reader, _ throws(ConfigurationError) in
        PositionalEmbeddingDescription(initializer: try reader.initializer(default: .normal(standardDeviation: 0.02)))
    },
    "sequence": LayerKind(shorthand: "layers") { reader, backend throws(ConfigurationError) in
        SequenceDescription(
            try reader.layers("layers", backend: backend),
            recomputes: try reader.boolean("recompute", default: false))
    },
    "residual": LayerKind(shorthand: "layers") { reader, backend throws(ConfigurationError) in
        let layers = try reader.layers("layers", backend: backend)
        return ResidualDescription(
            layers, shortcut: try reader.layers("shortcut", default: Node([Node]()), besides: layers, backend: backend),
            recomputes: try reader.boolean("recompute", default: false))
    },
]

/// The losses, by their names in the configuration. A new loss is one entry here.
private let lossKinds: [String: any LossDescription] = [
    "softmaxCrossEntropy": SoftmaxCrossEntropyDescription(), "meanSquaredError": MeanSquaredErrorDescription(),
]

extension Configuration {
    /// The kinds of layers that a configuration can name, in the order of the alphabet.
    package static var layerKindNames: [String] { layerKinds.keys.sorted() }

    /// The kinds of losses that a configuration can name, in the order of the alphabet.
    package static var lossKindNames: [String] { lossKinds.keys.sorted() }

    /// The key that a plain value of this kind stands for.
    static func shorthand(of kind: String) -> String? {
        let others = [clippingShorthands, nonFiniteShorthands, DataSource.shorthands, Augmentation.shorthands]
        return layerKinds[kind]?.shorthand ?? others.lazy.compactMap { $0[kind] ?? nil }.first
    }
}

extension ConfigurationReader {
    /// The network's layers.
    mutating func network(backend: ProductBackend) throws(ConfigurationError) -> [NamedLayer] {
        try layers("network", default: ConfigurationDocument.defaultNetwork(), backend: backend)
    }

    /// A list of layers, each named by kind and count in order unless it has a `name`.
    ///
    /// - Parameters:
    ///   - fallback: the list where nothing is given; nil if one has to be.
    ///   - others: layers that a name may not be taken from.
    mutating func layers(
        _ key: String, default fallback: Node? = nil, besides others: [NamedLayer] = [], backend: ProductBackend
    ) throws(ConfigurationError) -> [NamedLayer] {
        guard let node = self.node(key) ?? fallback else { throw error(key, "is missing; give a list of layers") }
        let mayBeEmpty = fallback?.sequence?.isEmpty ?? false
        guard let entries = node.sequence, mayBeEmpty || !entries.isEmpty else {
            throw error(key, "expected a list of layers, found \(Self.describe(node))")
        }
        var layers: [NamedLayer] = []
        var resolvedEntries: [Node] = []
        var counts: [String: Int] = [:]
        for layer in others { counts[layer.description.kind, default: 0] += 1 }
        var names = Set(others.map(\.name))
        var layerCount = 0
        for (index, entry) in entries.enumerated() {
            let path = path("\(key).\(index)")
            let ((name, description), resolvedEntry) = try Self.variant(
                entry, path: path, file: file, what: "layer", shorthands: layerKinds.mapValues(\.shorthand)
            ) { kind, reader throws(ConfigurationError) in
                let description = try layerKinds[kind]!.read(&reader, backend)
                return (try reader.layerName(kind: kind, counts: &counts), description)
            }
            guard names.insert(name).inserted else {
                throw ConfigurationError(
                    source: Self.source(file, entry), key: path,
                    message: "two layers are named '\(name)'; give one another name")
            }
            layers.append(NamedLayer(name: name, description: description))
            // YAML's aliases make a list of lists of lists from a few lines.
            layerCount += description.layerCount
            guard layerCount <= Self.layerLimit else {
                throw ConfigurationError(
                    source: Self.source(file, entry), key: path,
                    message: "more than \(Self.layerLimit) layers, those in containers counted; make it fewer")
            }
            resolvedEntries.append(resolvedEntry)
        }
        resolve(key, Node(resolvedEntries))
        return layers
    }

    /// What no network's layers come to.
    private static var layerLimit: Int { 10_000 }

    /// A list of whole numbers in `range`, at least one.
    mutating func integers(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> [Int] {
        guard let node = node(key) else { throw error(key, "is missing; give a list of whole numbers") }
        guard let entries = node.sequence, !entries.isEmpty else {
            throw error(key, "expected a list of whole numbers, found \(Self.describe(node))")
        }
        var values: [Int] = []
        for entry in entries {
            guard let text = entry.scalar?.string, let value = Int(text.replacing("_", with: "")) else {
                throw error(key, "expected a list of whole numbers, found \(Self.describe(entry)) in it")
            }
            guard range.contains(value) else {
                throw error(key, "must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
            values.append(value)
        }
        resolve(key, Node(values.map { Node(String($0)) }))
        return values
    }

    /// The given name, which becomes part of paths in the files, or kind and count.
    private mutating func layerName(kind: String, counts: inout [String: Int]) throws(ConfigurationError) -> String {
        counts[kind, default: 0] += 1
        guard let node = node("name") else { return "\(kind)\(counts[kind]!)" }
        let allowed = { (c: Character) in c.isASCII && (c.isLetter || c.isNumber || c == "_" || c == "-") }
        guard let name = node.scalar?.string, !name.isEmpty, name.allSatisfy(allowed) else {
            throw error("name", "a layer's name has letters, digits, '_' and '-' only, not \(Self.describe(node))")
        }
        resolve("name", Node(name))
        return name
    }

    /// The probability that something is dropped.
    mutating func dropoutRate(_ key: String, default fallback: Double? = nil) throws(ConfigurationError) -> Double {
        try number(key, default: fallback, "a number from 0 up to but not including 1") { $0 >= 0 && $0 < 1 }
    }

    /// `he`, `glorot`, `{normal: 0.01}`, `{uniform: 0.1}` or `{constant: 0}`.
    mutating func initializer(default fallback: Initializer = .glorot) throws(ConfigurationError) -> Initializer {
        let fallbackNode: Node =
            switch fallback {
            case .he: "he"
            case .glorot: "glorot"
            case .normal(let deviation): ["normal": Self.number(deviation)]
            case .uniform(let limit): ["uniform": Self.number(limit)]
            case .constant(let value): ["constant": Self.number(value)]
            case .parts: preconditionFailure("no layer's weights begin in parts")
            }
        return try variant(
            "initializer", default: fallbackNode,
            shorthands: [
                "he": nil, "glorot": nil, "normal": "standardDeviation", "uniform": "limit", "constant": "value",
            ]
        ) { kind, reader throws(ConfigurationError) in
            switch kind {
            case "he": .he
            case "glorot": .glorot
            case "normal":
                .normal(
                    standardDeviation: try reader.number(
                        "standardDeviation", inSinglePrecision: true, "a number of at least 0"
                    ) {
                        $0 >= 0
                    })
            case "uniform":
                .uniform(
                    limit: try reader.number("limit", inSinglePrecision: true, "a number of at least 0") { $0 >= 0 })
            default: .constant(try reader.number("value", inSinglePrecision: true, "a number") { _ in true })
            }
        }
    }

    mutating func loss() throws(ConfigurationError) -> any LossDescription {
        try variant("loss", default: "softmaxCrossEntropy", shorthands: lossKinds.mapValues { _ in nil }) { kind, _ in
            lossKinds[kind]!
        }
    }
}
