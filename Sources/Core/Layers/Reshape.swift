/// The same elements in the same order under another shape.
///
/// Derivation: Documentation/reshape.md.
public final class Reshape<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape

    fileprivate init(name: String, inputShape: Shape, outputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
        self.outputShape = outputShape
    }

    public var needsOutput: Bool { false }
    public var worksInPlace: Bool { true }
    public var isIdentity: Bool { true }
    /// The derivative depends on nothing.
    public var backwardOperandCount: Int { 0 }

    public func prepare(limits: PassLimits) {}

    /// Y = X.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        if output.base != input.base { output.base.update(from: input.base, count: input.count) }
    }

    /// dX = dY.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let inputGradient, inputGradient.base != outputGradient.base else { return }
        inputGradient.base.update(from: outputGradient.base, count: outputGradient.count)
    }
}

/// `{reshape: [28, 28, 1]}`
public struct ReshapeDescription: LayerDescription {
    public let kind = "reshape"
    public let shape: Shape

    public init(_ shape: Shape) {
        self.shape = shape
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.elementCount == shape.elementCount else {
            throw ShapeError(
                layer: name,
                message:
                    "\(inputShape) has \(inputShape.elementCount) elements, and \(shape) needs \(shape.elementCount)")
        }
        return Reshape(name: name, inputShape: inputShape, outputShape: shape)
    }
}

/// `flatten`: all of a sample's elements along one axis.
public struct FlattenDescription: LayerDescription {
    public let kind = "flatten"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Reshape(name: name, inputShape: inputShape, outputShape: [inputShape.elementCount])
    }
}
