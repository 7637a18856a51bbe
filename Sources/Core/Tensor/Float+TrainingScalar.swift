import CSystem

extension Float: TrainingScalar {
    public typealias Accumulator = Double
    public typealias Lanes = VectorLanes<Float, 1>

    @inlinable @inline(__always)
    public init(rounding accumulator: Double) { self = Float(accumulator) }
    @inlinable @inline(__always)
    public var accumulator: Double { Double(self) }
    @inlinable @inline(__always)
    public var real: Double { Double(self) }
    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func squareRoot(_ x: Float) -> Float { dtrain_square_root_float(x) }
}
