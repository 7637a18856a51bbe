/// Y = X·σ(X), element by element; σ is the logistic function. Also called swish.
///
/// Derivation: Documentation/silu.md.
/// Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units for neural network function approximation in
/// reinforcement learning" (2018), eq. 4 and 5.
public final class SiLU<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    /// The slopes are all that the backward pass needs.
    public var needsOutput: Bool { false }
    public var worksInPlace: Bool { true }

    /// dY/dX of every element of the last forward pass. Both are made of σ(X), so it is computed there.
    private var slopes: AlignedBuffer<Scalar>?

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
    }

    public func prepare(limits: PassLimits) {
        slopes = AlignedBuffer(count: limits.rows * inputShape.elementCount, kind: .activations)
    }

    /// Y = X·σ(X).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        activate(input.base, into: output.base, slopes: prepared(count: input.count), count: input.count)
    }

    /// dX = dY · σ(X)·(1 + X·(1 − σ(X))).
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        let slopes = prepared(count: outputGradient.count)
        guard let inputGradient else { return }
        Elementwise.multiply(outputGradient.base, slopes, into: inputGradient.base, count: inputGradient.count)
    }

    private func prepared(count: Int) -> UnsafeMutablePointer<Scalar> {
        guard let slopes else { fatalError("layer \(name): used before prepare") }
        require(count <= slopes.count, "layer \(name): prepared for \(slopes.count) elements, given \(count)")
        return slopes.base
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activate(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, slopes: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        let one = Scalar.one
        Elementwise.map(x, into: y, slopes: slopes, count: count) { x in
            let gate = Scalar.sigmoid(x)
            return (x * gate, gate * Scalar.multiplyAdd(x, one - gate, one))
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
