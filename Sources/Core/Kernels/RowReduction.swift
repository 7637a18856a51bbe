/// Sums along a row, in an order that no vector width changes: sixteen lanes on every CPU, lane j takes elements
/// j, j + 16, … in order, and lanes are joined 8-4-2-1.
public enum RowReduction {
    /// The lanes, on every CPU.
    public static let laneCount = 16

    /// Computes Σ xᵢ over `count` elements; +0 for none.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func sum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        reduce(x, count: count, from: .zero) { $0 + $1 }
    }

    /// Computes the largest of `count` elements; −∞ for none. NaNs are passed over.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func maximum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        reduce(x, count: count, from: Scalar(-Double.infinity)) { $1 > $0 ? $1 : $0 }
    }

    /// Computes Σ xᵢ·yᵢ over `count` elements, each lane a chain of fused multiply-adds from +0.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func dot<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, count: Int
    ) -> Scalar {
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: laneCount) { memory in
            let lanes = memory.baseAddress!
            lanes.initialize(repeating: .zero, count: laneCount)
            let whole = count & ~(laneCount - 1)
            for i in stride(from: 0, to: whole, by: laneCount) {
                for j in 0..<laneCount { lanes[j] = Scalar.multiplyAdd(x[i + j], y[i + j], lanes[j]) }
            }
            for j in 0..<(count - whole) { lanes[j] = Scalar.multiplyAdd(x[whole + j], y[whole + j], lanes[j]) }
            for width in [8, 4, 2, 1] {
                for j in 0..<width { lanes[j] = lanes[j] + lanes[j + width] }
            }
            return lanes[0]
        }
    }

    @inline(__always)
    private static func reduce<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, count: Int, from start: Scalar, join: (Scalar, Scalar) -> Scalar
    ) -> Scalar {
        // Every index below is known when compiling, so that the lanes are registers.
        var lanes = InlineArray<16, Scalar>(repeating: start)
        var i = 0
        while i &+ laneCount <= count {
            for j in 0..<laneCount { lanes[unchecked: j] = join(lanes[unchecked: j], x[i &+ j]) }
            i &+= laneCount
        }
        let rest = count &- i
        for j in 0..<laneCount where j < rest { lanes[unchecked: j] = join(lanes[unchecked: j], x[i &+ j]) }
        for j in 0..<8 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 8]) }
        for j in 0..<4 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 4]) }
        for j in 0..<2 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 2]) }
        return join(lanes[unchecked: 0], lanes[unchecked: 1])
    }
}
