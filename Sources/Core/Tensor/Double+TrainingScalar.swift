import CSystem

extension Double: TrainingScalar {
    public typealias Accumulator = Double
    public typealias Lanes = VectorLanes<Double, 2>

    @inlinable @inline(__always)
    public init(rounding accumulator: Double) { self = accumulator }
    @inlinable @inline(__always)
    public var accumulator: Double { self }
    @inlinable @inline(__always)
    public var real: Double { self }
    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Double, _ b: Double, _ c: Double) -> Double { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func squareRoot(_ x: Double) -> Double { dtrain_square_root_double(x) }
}
