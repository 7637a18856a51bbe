/// A dual number a + bε with ε² = 0: forward-mode differentiation by arithmetic.
///
/// Running a forward pass on dual numbers whose tangents hold a direction v gives the Jacobian-vector product Jv in the
/// outputs' tangents, with no step size to choose. Comparisons look at the value alone.
/// Source: Clifford, "Preliminary sketch of biquaternions" (1873); Griewank & Walther, *Evaluating Derivatives*, ch. 3.
@frozen
public struct Dual<Base: TrainingScalar>: TrainingScalar where Base.Accumulator == Base {
    public typealias Accumulator = Self

    /// The real part.
    public var value: Base
    /// The coefficient of ε.
    public var tangent: Base

    @inlinable
    public init(value: Base, tangent: Base) {
        self.value = value
        self.tangent = tangent
    }

    @inlinable
    public init(_ value: Double) { self.init(value: Base(value), tangent: .zero) }
    @inlinable
    public init(rounding accumulator: Self) { self = accumulator }
    @inlinable
    public var accumulator: Self { self }
    @inlinable
    public var real: Double { value.real }
    @inlinable
    public var isFinite: Bool { value.isFinite && tangent.isFinite }
    @inlinable
    public static var zero: Self { Self(value: .zero, tangent: .zero) }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool { left.value == right.value }
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    @inlinable
    public static prefix func - (x: Self) -> Self { Self(value: -x.value, tangent: -x.tangent) }
    @inlinable
    public static func + (a: Self, b: Self) -> Self { Self(value: a.value + b.value, tangent: a.tangent + b.tangent) }
    @inlinable
    public static func - (a: Self, b: Self) -> Self { Self(value: a.value - b.value, tangent: a.tangent - b.tangent) }
    /// (a + a'ε)(b + b'ε) = ab + (a'b + ab')ε.
    @inlinable
    public static func * (a: Self, b: Self) -> Self {
        Self(value: a.value * b.value, tangent: a.tangent * b.value + a.value * b.tangent)
    }
    /// (a/b)' = (a' − (a/b)·b') / b.
    @inlinable
    public static func / (a: Self, b: Self) -> Self {
        let quotient = a.value / b.value
        return Self(value: quotient, tangent: (a.tangent - quotient * b.tangent) / b.value)
    }
    @inlinable
    public static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self { a * b + c }

    /// √x' = x' / (2√x).
    @inlinable
    public static func squareRoot(_ x: Self) -> Self {
        let root = Base.squareRoot(x.value)
        return Self(value: root, tangent: x.tangent / (root + root))
    }
    /// (eˣ)' = x'·eˣ.
    @inlinable
    public static func exp(_ x: Self) -> Self {
        let power = Base.exp(x.value)
        return Self(value: power, tangent: x.tangent * power)
    }
    /// (ln x)' = x'/x.
    @inlinable
    public static func log(_ x: Self) -> Self { Self(value: Base.log(x.value), tangent: x.tangent / x.value) }
    /// tanh' = 1 − tanh².
    @inlinable
    public static func tanh(_ x: Self) -> Self {
        let t = Base.tanh(x.value)
        return Self(value: t, tangent: x.tangent * (Base.one - t * t))
    }
    /// σ' = σ(1 − σ).
    @inlinable
    public static func sigmoid(_ x: Self) -> Self {
        let s = Base.sigmoid(x.value)
        return Self(value: s, tangent: x.tangent * s * (Base.one - s))
    }
    /// erf x' = x'·2/√π·e^(−x²).
    @inlinable
    public static func erf(_ x: Self) -> Self {
        let slope = Base(1.1283791670955126) * Base.exp(-(x.value * x.value))
        return Self(value: Base.erf(x.value), tangent: x.tangent * slope)
    }
}
