/// What a lane of a tile is in: a vector of the registers or half of one, so that eight columns do not take the time of sixteen.
protocol TileVector {
    associatedtype Scalar: VectorScalar
    associatedtype Vector: SIMD, BitwiseCopyable where Vector.Scalar == Scalar

    /// a·b + c in every lane, rounded once.
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    static func add(_ a: Vector, _ b: Vector) -> Vector
    /// Reads the first `count` lanes, and nothing behind them; the others are zero.
    static func load(_ source: UnsafePointer<Scalar>, count: Int) -> Vector
    /// Writes the first `count` lanes, and nothing behind them.
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Scalar>, count: Int)
}

extension TileVector {
    @inline(__always)
    static var laneCount: Int { MemoryLayout<Vector>.size / MemoryLayout<Scalar>.stride }

    /// Whether it takes half a register of 64 bytes.
    @inline(__always)
    static var isHalf: Bool { MemoryLayout<Vector>.size < 64 }

    /// Reads a vector from any address.
    @inline(__always)
    static func load(_ source: UnsafePointer<Scalar>) -> Vector {
        UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
    }

    /// Writes a vector to any address.
    @inline(__always)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
    }
}

enum WholeVector<Scalar: VectorScalar>: TileVector {
    typealias Vector = Scalar.Vector

    @inline(__always)
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { Scalar.multiplyAdd(a, b, c) }
    @inline(__always)
    static func add(_ a: Vector, _ b: Vector) -> Vector { Scalar.add(a, b) }
    @inline(__always)
    static func load(_ source: UnsafePointer<Scalar>, count: Int) -> Vector { Scalar.load(source, count: count) }
    @inline(__always)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Scalar>, count: Int) {
        Scalar.store(vector, target, count: count)
    }
}

enum HalfVector<Scalar: VectorScalar>: TileVector {
    typealias Vector = Scalar.HalfVector

    @inline(__always)
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { Scalar.multiplyAdd(a, b, c) }
    @inline(__always)
    static func add(_ a: Vector, _ b: Vector) -> Vector { Scalar.add(a, b) }
    @inline(__always)
    static func load(_ source: UnsafePointer<Scalar>, count: Int) -> Vector {
        Scalar.lowHalf(Scalar.load(source, count: count))
    }
    @inline(__always)
    static func store(_ vector: Vector, _ target: UnsafeMutablePointer<Scalar>, count: Int) {
        Scalar.store(Scalar.widened(vector), target, count: count)
    }
}
