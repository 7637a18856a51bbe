/// Y = X·Φ(X), element by element, Φ the normal distribution function; or the approximation of it that GPT-2 has.
///
/// Derivation: Documentation/gelu.md.
/// Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016), section 2.
public final class GELU<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    public var needsOutput: Bool { false }
    public let approximation: GELUApproximation

    /// X of the last forward pass, for dX.
    private var input: TensorView<Scalar>?

    fileprivate init(name: String, inputShape: Shape, approximation: GELUApproximation) {
        self.name = name
        self.inputShape = inputShape
        self.approximation = approximation
    }

    public func prepare(limits: PassLimits) {}

    /// Y = X·Φ(X), Φ(X) = ½·(1 + erf(X/√2)); approximated, Y = X·½·(1 + tanh u), u = √(2/π)·(X + 0.044715·X³).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.input = input
        switch approximation {
        case .none: activate(input.base, into: output.base, count: input.count)
        case .tanh: activateByTanh(input.base, into: output.base, count: input.count)
        }
    }

    /// dX = dY · (Φ(X) + X·φ(X)), φ(X) = e^(−X²/2) / √(2π);
    /// approximated, dX = dY · (½·(1 + tanh u) + X·½·(1 − tanh² u)·√(2/π)·(1 + 3·0.044715·X²)).
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        let (dY, dX) = (outputGradient.base, inputGradient.base)
        switch approximation {
        case .none: scale(dY, bySlopeAt: input.base, into: dX, count: input.count)
        case .tanh: scaleByTanh(dY, bySlopeAt: input.base, into: dX, count: input.count)
        }
    }

    // MARK: X·Φ(X)

    /// Φ(x).
    @inline(__always)
    private func distribution(_ x: Scalar) -> Scalar {
        let half = Scalar(0.5)
        return Scalar.multiplyAdd(half, Scalar.erf(x * Scalar(0.7071067811865476)), half)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activate(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        for i in 0..<count { y[i] = x[i] * distribution(x[i]) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scale(
        _ dY: UnsafePointer<Scalar>, bySlopeAt x: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        // 1 / √(2π).
        let (minusHalf, peak) = (Scalar(-0.5), Scalar(0.3989422804014327))
        for i in 0..<count {
            let density = peak * Scalar.exp(minusHalf * (x[i] * x[i]))
            dX[i] = dY[i] * Scalar.multiplyAdd(x[i], density, distribution(x[i]))
        }
    }

    // MARK: Approximated

    /// √(2/π).
    @inline(__always)
    private var slope: Scalar { Scalar(0.7978845608028654) }
    @inline(__always)
    private var cubic: Scalar { Scalar(0.044715) }

    /// tanh u.
    @inline(__always)
    private func gate(_ x: Scalar) -> Scalar {
        Scalar.tanh(slope * x * Scalar.multiplyAdd(cubic, x * x, Scalar.one))
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func activateByTanh(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        let half = Scalar(0.5)
        for i in 0..<count { y[i] = x[i] * Scalar.multiplyAdd(half, gate(x[i]), half) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scaleByTanh(
        _ dY: UnsafePointer<Scalar>, bySlopeAt x: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        let (half, one, far) = (Scalar(0.5), Scalar.one, Scalar(100))
        let cubicSlope = Scalar(3) * cubic
        for i in 0..<count {
            let tanh = gate(x[i])
            // Beyond ±10, 1 − tanh² is 0 in Double too, and X² may be ∞: together they would be a NaN.
            let square = x[i] * x[i] > far ? far : x[i] * x[i]
            let innerSlope = slope * Scalar.multiplyAdd(cubicSlope, square, one)
            let gateSlope = half * (one - tanh * tanh) * innerSlope
            dX[i] = dY[i] * Scalar.multiplyAdd(x[i], gateSlope, Scalar.multiplyAdd(half, tanh, half))
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
