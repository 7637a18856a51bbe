/// A number that the passes run on: `Float` trains, `Double` checks gradients, `Dual<Double>` differentiates forward.
///
/// The requirements are what hand-written passes need and no more. Elementary functions are the project's own, so that
/// their bits depend on neither the C library nor the vector width.
public protocol TrainingScalar: AdditiveArithmetic, Comparable, BitwiseCopyable, Sendable {
    /// What sums over a batch are held in: `Double` for `Float`.
    associatedtype Accumulator: TrainingScalar where Accumulator.Accumulator == Accumulator

    /// Sixteen of them side by side.
    associatedtype Lanes: ScalarLanes = PlainLanes<Self> where Lanes.Scalar == Self

    init(_ value: Double)
    /// Rounds an accumulated value to this type.
    init(rounding accumulator: Accumulator)
    /// This value in the type that sums are held in; exact.
    var accumulator: Accumulator { get }
    /// The value as a `Double`; a dual number gives its real part.
    var real: Double { get }
    var isFinite: Bool { get }

    static prefix func - (value: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self

    /// a·b + c, rounded once.
    static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
    static func squareRoot(_ x: Self) -> Self
    static func exp(_ x: Self) -> Self
    /// The natural logarithm.
    static func log(_ x: Self) -> Self
    static func tanh(_ x: Self) -> Self
    /// 1 / (1 + e⁻ˣ).
    static func sigmoid(_ x: Self) -> Self
    /// The error function 2/√π·∫₀ˣ e^(−t²) dt.
    static func erf(_ x: Self) -> Self

    /// The code that multiplies matrices of this scalar; by default plain loops.
    static func makeProductKernel(
        inputs: Int, outputs: Int, rowsPerSample: Int, backend: ProductBackend
    ) -> any ProductKernel<Self>

    /// The code behind a convolution whose product over a matrix of windows is `product`; by default that.
    static func makeConvolutionKernel(_ shape: ConvolutionShape, product: MatrixProduct<Self>)
        -> any ConvolutionKernel<Self>

    /// The code behind the products of `StridedProduct`; by default plain loops.
    static func multiplyStrided(
        _ form: StridedForm, _ x: UnsafePointer<Self>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Self>,
        bStride: Int, columns: Int, into y: UnsafeMutablePointer<Self>, yStride: Int, accumulates: Bool)

    /// The code behind `StridedProduct.transpose`; by default plain loops.
    static func transposeStrided(
        _ source: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Self>,
        targetStride: Int)
}

extension TrainingScalar {
    public static var one: Self { Self(1) }
}
