/// Y = X·Φ(X), element by element, Φ the normal distribution function; or the approximation of it that GPT-2 has.
///
/// Derivation: Documentation/gelu.md.
/// Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016), section 2.
public final class GELU<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    /// The slopes are all that the backward pass needs.
    public var needsOutput: Bool { false }
    public var worksInPlace: Bool { true }
    public let approximation: GELUApproximation

    /// dY/dX of every element of the last forward pass. What it has in common with Y is most of the work, so it is computed there.
    private var slopes: AlignedBuffer<Scalar>?

    fileprivate init(name: String, inputShape: Shape, approximation: GELUApproximation) {
        self.name = name
        self.inputShape = inputShape
        self.approximation = approximation
    }

    public func prepare(limits: PassLimits) {
        slopes = AlignedBuffer(count: limits.rows * inputShape.elementCount, kind: .activations)
    }

    /// Y = X·Φ(X), Φ(X) = ½·(1 + erf(X/√2)); approximated, Y = X·½·(1 + tanh u), u = √(2/π)·(X + 0.044715·X³).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let slopes = prepared(count: input.count)
        switch approximation {
        case .none: activate(input.base, into: output.base, slopes: slopes, count: input.count)
        case .tanh: activateByTanh(input.base, into: output.base, slopes: slopes, count: input.count)
        }
    }

    /// dX = dY · (Φ(X) + X·φ(X)), φ(X) = e^(−X²/2) / √(2π);
    /// approximated, dX = dY · (½·(1 + tanh u) + X·½·(1 − tanh² u)·√(2/π)·(1 + 3·0.044715·X²)).
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
        // 1 / √(2π).
        let (minusHalf, peak) = (Scalar(-0.5), Scalar(0.3989422804014327))
        let (half, root) = (Scalar(0.5), Scalar(0.7071067811865476))
        Elementwise.map(x, into: y, slopes: slopes, count: count) { x in
            let distribution = Scalar.multiplyAdd(half, Scalar.erf(x * root), half)
            let density = peak * Scalar.exp(minusHalf * (x * x))
            return (x * distribution, Scalar.multiplyAdd(x, density, distribution))
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activateByTanh(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, slopes: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        // √(2/π).
        let (slope, cubic) = (Scalar(0.7978845608028654), Scalar(0.044715))
        let (half, one, far) = (Scalar(0.5), Scalar.one, Scalar(100))
        let cubicSlope = Scalar(3) * cubic
        Elementwise.map(x, into: y, slopes: slopes, count: count) { x in
            let tanh = Scalar.tanh(slope * x * Scalar.multiplyAdd(cubic, x * x, one))
            let gate = Scalar.multiplyAdd(half, tanh, half)
            // Beyond ±10, 1 − tanh² is 0 in Double too, and X² may be ∞: together they would be a NaN.
            let square = x * x > far ? far : x * x
            let innerSlope = slope * Scalar.multiplyAdd(cubicSlope, square, one)
            let gateSlope = half * (one - tanh * tanh) * innerSlope
            return (x * gate, Scalar.multiplyAdd(x, gateSlope, gate))
        }
    }
}

/// `gelu` or `{gelu: {approximation: tanh}}`
public struct GELUDescription: LayerDescription {
    public let kind = "gelu"
    public let approximation: GELUApproximation

    public init(approximation: GELUApproximation = .none) {
        self.approximation = approximation
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        GELU(name: name, inputShape: inputShape, approximation: approximation)
    }
}
