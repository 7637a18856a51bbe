/// `{transformerBlock: 8}` or `{transformerBlock: {heads: 8, hidden: 256, causal: true, dropout: 0.1}}`: a layer of a
/// transformer, pre-norm: attention, then two linear layers at every step, each behind a layernorm and inside a residual.
///
/// Made of the layers that the configuration could name one by one; only their widths are known no sooner than the input's.
/// Documentation/transformer-block.md writes it out.
/// Source: Vaswani et al., "Attention is all you need" (2017), section 3.1; Xiong et al., "On layer normalization in the
/// transformer architecture" (2020), table 1, right.
public struct TransformerBlockDescription: LayerDescription {
    public let kind = "transformerBlock"
    public let heads: Int
    /// The outputs of the first linear layer; nil for four times the input's features.
    public let hidden: Int?
    /// Whether a step sees only itself and those before it.
    public let isCausal: Bool
    /// The probability that an attention weight, or an element of what a branch adds, is dropped.
    public let dropout: Double
    /// Whether the backward pass computes the activations inside again, for less memory.
    public let recomputes: Bool
    private let backend: ProductBackend

    public init(
        heads: Int, hidden: Int? = nil, isCausal: Bool = false, dropout: Double = 0, recomputes: Bool = false,
        backend: ProductBackend = .native
    ) {
        require(heads > 0, "a transformer block of \(heads) heads")
        require((hidden ?? 1) > 0, "a transformer block of \(hidden ?? 0) hidden features")
        self.heads = heads
        self.hidden = hidden
        self.isCausal = isCausal
        self.dropout = dropout
        self.recomputes = recomputes
        self.backend = backend
    }

    /// The block on inputs of `features` features.
    private func layers(features: Int) -> SequenceDescription {
        let attention: [any LayerDescription] = [
            LayerNormDescription(),
            MultiHeadAttentionDescription(heads: heads, isCausal: isCausal, dropout: dropout, backend: backend),
            DropoutDescription(rate: dropout),
        ]
        let perceptron: [any LayerDescription] = [
            LayerNormDescription(), LinearDescription(outputs: hidden ?? 4 * features, backend: backend),
            GELUDescription(), LinearDescription(outputs: features, backend: backend),
            DropoutDescription(rate: dropout),
        ]
        return SequenceDescription(
            kind: kind,
            Self.named([ResidualDescription(Self.named(attention)), ResidualDescription(Self.named(perceptron))]),
            recomputes: recomputes)
    }

    /// Names by kind and count, as the configuration gives them.
    private static func named(_ descriptions: [any LayerDescription]) -> [NamedLayer] {
        var counts: [String: Int] = [:]
        return descriptions.map { description in
            counts[description.kind, default: 0] += 1
            return NamedLayer(name: "\(description.kind)\(counts[description.kind]!)", description: description)
        }
    }

    /// The same for every width.
    public var layerCount: Int { layers(features: heads).layerCount }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        try inputShape.requireSequence(layer: name, heads: heads)
        return try layers(features: inputShape.last).makeLayer(
            name: name, ordinal: ordinal, inputShape: inputShape, arena: arena)
    }
}
