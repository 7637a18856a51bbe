/// `positionalEmbedding`: a learned vector for each place of a sequence, added to every sample: `BroadcastLayer` with a weight
/// of the input's own shape.
///
/// Derivation: Documentation/positional-embedding.md.
/// Source: Gehring et al., "Convolutional sequence to sequence learning" (2017), section 3.1.
public struct PositionalEmbeddingDescription: LayerDescription {
    public let kind = "positionalEmbedding"
    public let initializer: Initializer

    public init(initializer: Initializer = .normal(standardDeviation: 0.02)) {
        self.initializer = initializer
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank == 2 else {
            throw ShapeError(layer: name, expected: "[steps, features]", given: inputShape)
        }
        return try BroadcastLayer(
            name: name, operation: .add, inputShape: inputShape, weight: inputShape, initializer: initializer,
            decays: true, arena: arena)
    }
}
