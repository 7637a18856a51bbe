/// `attention`, `{attention: 64}` or `{attention: {width: 64, causal: true, dropout: 0.1, bias: true, initializer: glorot}}`:
/// one head, and what it mixes is the output.
public struct AttentionDescription: LayerDescription {
    public let kind = "attention"
    /// The features of queries, keys, values and the output; nil for as many as the input has.
    public let width: Int?
    private let options: AttentionOptions

    /// - Parameters:
    ///   - isCausal: whether a step sees only itself and those before it.
    ///   - dropout: the probability that an attention weight is dropped, in [0, 1).
    public init(
        width: Int? = nil, isCausal: Bool = false, dropout: Double = 0, hasBias: Bool = true,
        initializer: Initializer = .glorot, backend: ProductBackend = .native
    ) {
        require((width ?? 1) > 0, "attention of \(width ?? 0) features")
        self.width = width
        options = AttentionOptions(
            isCausal: isCausal, dropout: dropout, hasBias: hasBias, initializer: initializer, backend: backend)
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        try inputShape.requireSequence(layer: name, heads: 1)
        return Attention(
            name: name, ordinal: ordinal, inputShape: inputShape, width: width ?? inputShape.last, heads: 1,
            hasOutputProjection: false, options: options, arena: arena)
    }
}
