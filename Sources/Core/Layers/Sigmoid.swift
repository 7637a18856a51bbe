/// Y = σ(X) = 1 / (1 + e⁻ˣ), element by element.
///
/// Derivation: Documentation/sigmoid.md.
public final class Sigmoid<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }

    /// dX needs Y alone, so X may be written over.
    public var worksInPlace: Bool { true }

    /// Y of the last forward pass, for dX.
    private var output: TensorView<Scalar>?

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
    }

    public func prepare(limits: PassLimits) {}

    /// Y = σ(X).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.output = output
        activate(input.base, into: output.base, count: input.count)
    }

    /// dX = dY · Y·(1 − Y).
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let output else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        scale(outputGradient.base, bySlopeAt: output.base, into: inputGradient.base, count: inputGradient.count)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activate(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        Elementwise.map(x, into: y, count: count) { Scalar.sigmoid($0) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scale(
        _ dY: UnsafePointer<Scalar>, bySlopeAt y: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        let one = Scalar.one
        for i in 0..<count { dX[i] = dY[i] * (y[i] * (one - y[i])) }
    }
}

/// `sigmoid`
public struct SigmoidDescription: LayerDescription {
    public let kind = "sigmoid"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Sigmoid(name: name, inputShape: inputShape)
    }
}
