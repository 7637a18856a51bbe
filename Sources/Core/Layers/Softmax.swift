/// Y = e^X / Σ e^X along the last axis: positive, and 1 in sum.
///
/// Before the last layer's loss use `softmaxCrossEntropy` instead, which joins the two stably.
/// Derivation: Documentation/softmax.md.
public final class Softmax<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }

    /// Y of the last forward pass, for dX.
    private var output: TensorView<Scalar>?

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
    }

    public func prepare(limits: PassLimits) {}

    /// Y = e^(X − max X) / Σ e^(X − max X): the largest exponent is 0, so nothing overflows.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.output = output
        let width = inputShape.last
        for start in stride(from: 0, to: input.count, by: width) {
            normalize(input.base + start, into: output.base + start, count: width)
        }
    }

    /// dX = Y · (dY − Σ dY·Y).
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let output else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        let width = inputShape.last
        for start in stride(from: 0, to: outputGradient.count, by: width) {
            differentiate(
                outputGradient.base + start, at: output.base + start, into: inputGradient.base + start, count: width)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func normalize(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        let largest = RowReduction.maximum(x, count: count)
        for i in 0..<count { y[i] = Scalar.exp(x[i] - largest) }
        let sum = RowReduction.sum(y, count: count)
        for i in 0..<count { y[i] = y[i] / sum }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ dY: UnsafePointer<Scalar>, at y: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        let projection = RowReduction.dot(dY, y, count: count)
        for i in 0..<count { dX[i] = y[i] * (dY[i] - projection) }
    }
}

/// `softmax`
public struct SoftmaxDescription: LayerDescription {
    public let kind = "softmax"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank > 0 else {
            throw ShapeError(layer: name, expected: "[…, classes]", given: inputShape)
        }
        return Softmax(name: name, inputShape: inputShape)
    }
}
