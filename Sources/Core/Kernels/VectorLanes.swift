/// Sixteen lanes in registers: one vector of `Float`, two of `Double`.
public struct VectorLanes<Scalar: VectorScalar, let parts: Int>: ScalarLanes {
    private var vectors: InlineArray<parts, Scalar.Vector>

    @inline(__always)
    public init(repeating value: Scalar) { vectors = InlineArray(repeating: Scalar.Vector(repeating: value)) }

    @inline(__always)
    public init(_ source: UnsafePointer<Scalar>, count: Int) {
        vectors = InlineArray(repeating: Scalar.Vector())
        for p in 0..<parts {
            vectors[unchecked: p] = Scalar.load(source + p &* Scalar.laneCount, count: Self.lanes(count, of: p))
        }
    }

    @inline(__always)
    public func store(_ target: UnsafeMutablePointer<Scalar>, count: Int) {
        for p in 0..<parts {
            Scalar.store(
                vectors[unchecked: p], target + p &* Scalar.laneCount, count: Self.lanes(count, of: p))
        }
    }

    /// How many of the first `count` lanes are in vector `part`.
    @inline(__always)
    private static func lanes(_ count: Int, of part: Int) -> Int {
        Swift.max(0, Swift.min(count &- part &* Scalar.laneCount, Scalar.laneCount))
    }

    @inline(__always)
    public static func + (a: Self, b: Self) -> Self { map(a, b, Scalar.add) }
    @inline(__always)
    public static func - (a: Self, b: Self) -> Self { map(a, b, Scalar.subtract) }
    @inline(__always)
    public static func * (a: Self, b: Self) -> Self { map(a, b, Scalar.multiply) }
    @inline(__always)
    public static func / (a: Self, b: Self) -> Self { map(a, b, Scalar.divide) }
    @inline(__always)
    public static func larger(_ a: Self, _ b: Self) -> Self { map(a, b, Scalar.larger) }

    @inline(__always)
    public func replacingFirst(_ count: Int, with new: Self) -> Self {
        var result = self
        for p in 0..<parts {
            result.vectors[unchecked: p] = Scalar.replaceFirst(
                Self.lanes(count, of: p), of: vectors[unchecked: p], with: new.vectors[unchecked: p])
        }
        return result
    }

    @inline(__always)
    public static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self {
        var result = c
        for p in 0..<parts {
            result.vectors[unchecked: p] = Scalar.multiplyAdd(
                a.vectors[unchecked: p], b.vectors[unchecked: p], c.vectors[unchecked: p])
        }
        return result
    }

    @inline(__always)
    public var sum: Scalar { Scalar.sum(joined(by: Scalar.add)) }
    @inline(__always)
    public var largest: Scalar { Scalar.largest(joined(by: Scalar.larger)) }

    @inline(__always)
    private static func map(
        _ a: Self, _ b: Self, _ operation: (Scalar.Vector, Scalar.Vector) -> Scalar.Vector
    ) -> Self {
        var result = a
        for p in 0..<parts {
            result.vectors[unchecked: p] = operation(a.vectors[unchecked: p], b.vectors[unchecked: p])
        }
        return result
    }

    /// One vector: of two, lane by lane, the first eight lanes and the last.
    @inline(__always)
    private func joined(by join: (Scalar.Vector, Scalar.Vector) -> Scalar.Vector) -> Scalar.Vector {
        var result = vectors[unchecked: 0]
        for p in 1..<parts { result = join(result, vectors[unchecked: p]) }
        return result
    }
}
