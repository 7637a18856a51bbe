/// Layers one after the other, as one layer: a block with a name.
public final class LayerSequence<Scalar: TrainingScalar>: ContainerLayer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { chain.outputShape }
    public var needsOutput: Bool { chain.needsOutput }

    private let chain: LayerChain<Scalar>

    fileprivate init(name: String, chain: LayerChain<Scalar>) {
        self.name = name
        inputShape = chain.inputShape
        self.chain = chain
    }

    public var chains: [(role: String, chain: LayerChain<Scalar>)] { [("layers", chain)] }

    public func prepare(limits: PassLimits) { chain.prepare(limits: limits) }

    /// Y = fₖ(… f₂(f₁(X))).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        chain.forward(input, into: output, context: context)
    }

    /// The layers' own passes, last to first.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        chain.backward(outputGradient, into: inputGradient, context: context)
    }
}

/// `{sequence: [{linear: 64}, relu]}` or `{sequence: {layers: [{linear: 64}, relu], recompute: true}}`
public struct SequenceDescription: LayerDescription {
    public let kind: String
    public let layers: [NamedLayer]
    /// Whether the backward pass computes the activations inside again, for less memory.
    public let recomputes: Bool

    /// - Parameter kind: `sequence`, or the name of a block that is always made of these layers.
    public init(kind: String = "sequence", _ layers: [NamedLayer], recomputes: Bool = false) {
        self.kind = kind
        self.layers = layers
        self.recomputes = recomputes
    }

    public var layerCount: Int { 1 + layers.layerCount }
    public var inputClasses: Int? { layers.inputClasses }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        LayerSequence(
            name: name,
            chain: try LayerChain(
                layers, prefix: name + "/", firstOrdinal: ordinal + 1, inputShape: inputShape, arena: arena,
                recomputes: recomputes))
    }
}
