import CSystem

/// A scalar that the vector registers hold: what the product's SIMD kernel is written over.
///
/// `Vector` is 64 bytes on every CPU: one register with AVX-512, two with AVX2.
public protocol VectorScalar: TrainingScalar, SIMDScalar, Hashable, Codable {
    associatedtype Vector: SIMD, BitwiseCopyable where Vector.Scalar == Self

    /// a·b + c in every lane, rounded once.
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    /// a + b in every lane.
    static func add(_ a: Vector, _ b: Vector) -> Vector
    /// Copies 16 × 16 elements, rows to columns.
    static func transposeBlock(
        _ source: UnsafePointer<Self>, stride: Int, into target: UnsafeMutablePointer<Self>, targetStride: Int)
}

extension Float: VectorScalar {
    public typealias Vector = SIMD16<Float>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always)
    public static func transposeBlock(
        _ source: UnsafePointer<Float>, stride: Int, into target: UnsafeMutablePointer<Float>, targetStride: Int
    ) {
        dtrain_transpose_16x16_of_4_bytes(source, stride, target, targetStride)
    }
}

extension Double: VectorScalar {
    public typealias Vector = SIMD8<Double>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always)
    public static func transposeBlock(
        _ source: UnsafePointer<Double>, stride: Int, into target: UnsafeMutablePointer<Double>, targetStride: Int
    ) {
        dtrain_transpose_16x16_of_8_bytes(source, stride, target, targetStride)
    }
}

extension VectorScalar {
    /// The lanes of a vector: 16 or 8.
    @inline(__always)
    static var laneCount: Int { 64 / MemoryLayout<Self>.stride }

    /// Reads a vector from any address.
    @inline(__always)
    static func load(_ source: UnsafePointer<Self>) -> Vector {
        UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
    }

    /// Reads the first `count` lanes, and nothing behind them; the others are zero.
    @inline(never)
    static func load(_ source: UnsafePointer<Self>, count: Int) -> Vector {
        var vector = Vector()
        for lane in 0..<count { vector[lane] = source[lane] }
        return vector
    }

    /// Writes a vector to any address.
    @inline(__always)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Self>) {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
    }

    /// Writes the first `count` lanes, and nothing behind them.
    @inline(never)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Self>, count: Int) {
        for lane in 0..<count { target[lane] = vector[lane] }
    }

    /// Copies `count` ≤ 16 elements.
    @inline(__always)
    static func copy(_ source: UnsafePointer<Self>, into target: UnsafeMutablePointer<Self>, count: Int) {
        for i in 0..<count { target[i] = source[i] }
    }

    /// Copies a row of `count` ≤ 16 elements into a panel, filled up with zeros.
    @inline(__always)
    static func copyPanelRow(_ source: UnsafePointer<Self>, count: Int, into target: UnsafeMutablePointer<Self>) {
        let width = ParameterLayout.panelWidth
        if count == width {
            for lane in stride(from: 0, to: width, by: laneCount) { store(load(source + lane), target + lane) }
        } else {
            for i in 0..<width { target[i] = i < count ? source[i] : .zero }
        }
    }
}
