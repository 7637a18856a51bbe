import CSystem

/// A scalar that the vector registers hold: what the product's SIMD kernel is written over.
///
/// `Vector` is 64 bytes on every CPU: one register with AVX-512, two with AVX2.
public protocol VectorScalar: TrainingScalar, SIMDScalar, Hashable, Codable {
    associatedtype Vector: SIMD, BitwiseCopyable where Vector.Scalar == Self
    associatedtype HalfVector: SIMD, BitwiseCopyable where HalfVector.Scalar == Self

    /// a·b + c in every lane, rounded once.
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    /// a + b in every lane.
    static func add(_ a: Vector, _ b: Vector) -> Vector
    static func multiplyAdd(_ a: HalfVector, _ b: HalfVector, _ c: HalfVector) -> HalfVector
    static func add(_ a: HalfVector, _ b: HalfVector) -> HalfVector
    /// The first half of the lanes.
    static func lowHalf(_ vector: Vector) -> HalfVector
    /// The lanes, and behind them as many zeros.
    static func widened(_ half: HalfVector) -> Vector
    /// a − b in every lane.
    static func subtract(_ a: Vector, _ b: Vector) -> Vector
    /// a·b in every lane.
    static func multiply(_ a: Vector, _ b: Vector) -> Vector
    /// a / b in every lane.
    static func divide(_ a: Vector, _ b: Vector) -> Vector
    /// In every lane b where that is larger, else a.
    static func larger(_ a: Vector, _ b: Vector) -> Vector
    /// The first `count` lanes of `new`, the others of `vector`.
    static func replaceFirst(_ count: Int, of vector: Vector, with new: Vector) -> Vector
    /// The lanes' sum, and their largest; half is joined with half, down to one.
    static func sum(_ vector: Vector) -> Self
    static func largest(_ vector: Vector) -> Self
    /// Reads the first `count` lanes, and nothing behind them; the others are zero.
    static func load(_ source: UnsafePointer<Self>, count: Int) -> Vector
    /// Writes the first `count` lanes, and nothing behind them.
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Self>, count: Int)
    /// Copies 16 × 16 elements, rows to columns.
    static func transposeBlock(
        _ source: UnsafePointer<Self>, stride: Int, into target: UnsafeMutablePointer<Self>, targetStride: Int)
    /// Copies `rows` × `columns` elements, at most 16 × 16, rows to columns; the target's rows are 16 wide, filled up with zeros.
    static func transposeBlock(
        _ source: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Self>,
        targetStride: Int)
}

extension Float: VectorScalar {
    public typealias Vector = SIMD16<Float>
    public typealias HalfVector = SIMD8<Float>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: HalfVector, _ b: HalfVector, _ c: HalfVector) -> HalfVector {
        c.addingProduct(a, b)
    }
    @inlinable @inline(__always)
    public static func add(_ a: HalfVector, _ b: HalfVector) -> HalfVector { a + b }
    @inlinable @inline(__always)
    public static func lowHalf(_ vector: Vector) -> HalfVector { vector.lowHalf }
    @inlinable @inline(__always)
    public static func widened(_ half: HalfVector) -> Vector { Vector(lowHalf: half, highHalf: HalfVector()) }
    @inlinable @inline(__always)
    public static func subtract(_ a: Vector, _ b: Vector) -> Vector { a - b }
    @inlinable @inline(__always)
    public static func multiply(_ a: Vector, _ b: Vector) -> Vector { a * b }
    @inlinable @inline(__always)
    public static func divide(_ a: Vector, _ b: Vector) -> Vector { a / b }
    @inlinable @inline(__always)
    public static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }
    @inlinable @inline(__always)
    public static func replaceFirst(_ count: Int, of vector: Vector, with new: Vector) -> Vector {
        // The sign bits are the mask: comparing whole numbers would be done lane by lane.
        let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let mask = (lanes &- SIMD16(repeating: Int32(truncatingIfNeeded: count))) &>> SIMD16(repeating: 31)
        let old = unsafeBitCast(vector, to: SIMD16<Int32>.self)
        return unsafeBitCast(old & ~mask | unsafeBitCast(new, to: SIMD16<Int32>.self) & mask, to: Vector.self)
    }
    @inlinable @inline(__always)
    public static func sum(_ vector: Vector) -> Float {
        let eight = vector.lowHalf + vector.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1]
    }
    @inlinable @inline(__always)
    public static func largest(_ vector: Vector) -> Float {
        let eight = vector.lowHalf.replacing(with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
        let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
        let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
        return two[1] > two[0] ? two[1] : two[0]
    }
    @inline(__always)
    public static func load(_ source: UnsafePointer<Float>, count: Int) -> Vector {
        var vector = Vector()
        dtrain_read_lanes_of_4_bytes(source, Int32(truncatingIfNeeded: count), &vector)
        return vector
    }
    @inline(__always)
    public static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Float>, count: Int) {
        var vector = vector
        dtrain_write_lanes_of_4_bytes(&vector, Int32(truncatingIfNeeded: count), target)
    }
    @inline(__always)
    public static func transposeBlock(
        _ source: UnsafePointer<Float>, stride: Int, into target: UnsafeMutablePointer<Float>, targetStride: Int
    ) {
        dtrain_transpose_16x16_of_4_bytes(source, stride, target, targetStride)
    }
    public static func transposeBlock(
        _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Float>, targetStride: Int
    ) {
        dtrain_transpose_part_of_4_bytes(
            source, stride, Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: columns), target, targetStride)
    }
}

extension Double: VectorScalar {
    public typealias Vector = SIMD8<Double>
    public typealias HalfVector = SIMD4<Double>

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inlinable @inline(__always)
    public static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: HalfVector, _ b: HalfVector, _ c: HalfVector) -> HalfVector {
        c.addingProduct(a, b)
    }
    @inlinable @inline(__always)
    public static func add(_ a: HalfVector, _ b: HalfVector) -> HalfVector { a + b }
    @inlinable @inline(__always)
    public static func lowHalf(_ vector: Vector) -> HalfVector { vector.lowHalf }
    @inlinable @inline(__always)
    public static func widened(_ half: HalfVector) -> Vector { Vector(lowHalf: half, highHalf: HalfVector()) }
    @inlinable @inline(__always)
    public static func subtract(_ a: Vector, _ b: Vector) -> Vector { a - b }
    @inlinable @inline(__always)
    public static func multiply(_ a: Vector, _ b: Vector) -> Vector { a * b }
    @inlinable @inline(__always)
    public static func divide(_ a: Vector, _ b: Vector) -> Vector { a / b }
    @inlinable @inline(__always)
    public static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }
    @inlinable @inline(__always)
    public static func replaceFirst(_ count: Int, of vector: Vector, with new: Vector) -> Vector {
        let lanes = SIMD8<Int64>(0, 1, 2, 3, 4, 5, 6, 7)
        let mask = (lanes &- SIMD8(repeating: Int64(truncatingIfNeeded: count))) &>> SIMD8(repeating: 63)
        let old = unsafeBitCast(vector, to: SIMD8<Int64>.self)
        return unsafeBitCast(old & ~mask | unsafeBitCast(new, to: SIMD8<Int64>.self) & mask, to: Vector.self)
    }
    @inlinable @inline(__always)
    public static func sum(_ vector: Vector) -> Double {
        let four = vector.lowHalf + vector.highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1]
    }
    @inlinable @inline(__always)
    public static func largest(_ vector: Vector) -> Double {
        let four = vector.lowHalf.replacing(with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
        let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
        return two[1] > two[0] ? two[1] : two[0]
    }
    @inline(__always)
    public static func load(_ source: UnsafePointer<Double>, count: Int) -> Vector {
        var vector = Vector()
        dtrain_read_lanes_of_8_bytes(source, Int32(truncatingIfNeeded: count), &vector)
        return vector
    }
    @inline(__always)
    public static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Double>, count: Int) {
        var vector = vector
        dtrain_write_lanes_of_8_bytes(&vector, Int32(truncatingIfNeeded: count), target)
    }
    @inline(__always)
    public static func transposeBlock(
        _ source: UnsafePointer<Double>, stride: Int, into target: UnsafeMutablePointer<Double>, targetStride: Int
    ) {
        dtrain_transpose_16x16_of_8_bytes(source, stride, target, targetStride)
    }
    public static func transposeBlock(
        _ source: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Double>, targetStride: Int
    ) {
        dtrain_transpose_part_of_8_bytes(
            source, stride, Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: columns), target, targetStride)
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

    /// Writes a vector to any address.
    @inline(__always)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Self>) {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
    }

    /// Copies a row of `count` ≤ 16 elements, and nothing behind them.
    @inline(__always)
    static func copyRow(_ source: UnsafePointer<Self>, count: Int, into target: UnsafeMutablePointer<Self>) {
        for lane in stride(from: 0, to: ParameterLayout.panelWidth, by: laneCount) {
            let lanes = max(0, min(count &- lane, laneCount))
            store(load(source + lane, count: lanes), target + lane, count: lanes)
        }
    }

    /// Copies a row of `count` ≤ 16 elements into a panel, filled up with zeros.
    @inline(__always)
    static func copyPanelRow(_ source: UnsafePointer<Self>, count: Int, into target: UnsafeMutablePointer<Self>) {
        for lane in stride(from: 0, to: ParameterLayout.panelWidth, by: laneCount) {
            store(load(source + lane, count: max(0, min(count &- lane, laneCount))), target + lane)
        }
    }
}
