/// `{multiHeadAttention: 8}` or `{multiHeadAttention: {heads: 8, causal: true, dropout: 0.1, bias: true, initializer: glorot}}`:
/// heads side by side, each on its share of as many features as the input has, and a projection of what they mix.
public struct MultiHeadAttentionDescription: LayerDescription {
    public let kind = "multiHeadAttention"
    public let heads: Int
    private let options: AttentionOptions

    /// - Parameters:
    ///   - isCausal: whether a step sees only itself and those before it.
    ///   - dropout: the probability that an attention weight is dropped, in [0, 1).
    public init(
        heads: Int, isCausal: Bool = false, dropout: Double = 0, hasBias: Bool = true,
        initializer: Initializer = .glorot, backend: ProductBackend = .native
    ) {
        require(heads > 0, "attention of \(heads) heads")
        self.heads = heads
        options = AttentionOptions(
            isCausal: isCausal, dropout: dropout, hasBias: hasBias, initializer: initializer, backend: backend)
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        try inputShape.requireSequence(layer: name, heads: heads)
        guard inputShape.last.isMultiple(of: heads) else {
            throw ShapeError(
                layer: name,
                message:
                    "the \(inputShape.last) features of an input of shape \(inputShape) cannot be shared equally among "
                    + "\(heads) heads")
        }
        return Attention(
            name: name, ordinal: ordinal, inputShape: inputShape, width: inputShape.last, heads: heads,
            hasOutputProjection: true, options: options, arena: arena)
    }
}
