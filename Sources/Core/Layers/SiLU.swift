/// Y = X·σ(X), element by element; σ is the logistic function. Also called swish.
///
/// Derivation: Documentation/silu.md.
/// Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units for neural network function approximation in
/// reinforcement learning" (2018), eq. 4 and 5.
public final class SiLU<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    public var needsOutput: Bool { false }

    /// X of the last forward pass, for dX.
    private var input: TensorView<Scalar>?

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
    }

    public func prepare(limits: PassLimits) {}

    /// Y = X·σ(X).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.input = input
        activate(input.base, into: output.base, count: input.count)
    }

    /// dX = dY · σ(X)·(1 + X·(1 − σ(X))).
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        scale(outputGradient.base, bySlopeAt: input.base, into: inputGradient.base, count: inputGradient.count)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activate(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        for i in 0..<count { y[i] = x[i] * Scalar.sigmoid(x[i]) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scale(
        _ dY: UnsafePointer<Scalar>, bySlopeAt x: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        let one = Scalar.one
        for i in 0..<count {
            let gate = Scalar.sigmoid(x[i])
            dX[i] = dY[i] * (gate * Scalar.multiplyAdd(x[i], one - gate, one))
        }
    }
}

/// `silu`
public struct SiLUDescription: LayerDescription {
    public let kind = "silu"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        SiLU(name: name, inputShape: inputShape)
    }
}
