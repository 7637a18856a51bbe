/// Sums along a row, in an order that no vector width changes: sixteen lanes on every CPU, lane j takes elements
/// j, j + 16, … in order, and lanes are joined 8-4-2-1.
public enum RowReduction {
    /// The lanes, on every CPU.
    public static let laneCount = 16
    /// The widest rows whose sums stay in registers; wider ones are as fast in memory.
    private static let widestInRegisters = 64

    /// Computes Σ xᵢ over `count` elements; +0 for none.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func sum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        reduce(count: count, from: .zero, add: { $0 + x[$1] }, join: { $0 + $1 })
    }

    /// Computes the largest of `count` elements; −∞ for none. NaNs are passed over.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func maximum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        reduce(
            count: count, from: Scalar(-Double.infinity), add: { x[$1] > $0 ? x[$1] : $0 },
            join: { $1 > $0 ? $1 : $0 })
    }

    /// Computes Σ xᵢ·yᵢ over `count` elements, each lane a chain of fused multiply-adds from +0.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func dot<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, count: Int
    ) -> Scalar {
        reduce(
            count: count, from: .zero, add: { Scalar.multiplyAdd(x[$1], y[$1], $0) }, join: { $0 + $1 })
    }

    /// Computes the sum of whole rows, element by element: each a chain from +0 in row order. What a bias gets of one shard.
    ///
    /// Shapes: `x [rows, width]`, `sums [width]`, assigned.
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func sumRows<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, _ rows: Range<Int>, width: Int, into sums: UnsafeMutablePointer<Scalar>
    ) {
        if width <= widestInRegisters {
            var room = InlineArray<80, Scalar>(repeating: .zero)
            var span = room.mutableSpan
            span.withUnsafeMutableBufferPointer { room in
                ColumnChains.run(rows: [rows], columns: width, into: [room.baseAddress!]) { sum, i, _, _ in sum + x[i] }
                sums.update(from: room.baseAddress!, count: width)
            }
            return
        }
        // Whole rows at a time, in the order of the memory.
        sums.update(repeating: .zero, count: width)
        for r in rows {
            let row = x + r &* width
            for i in 0..<width { sums[i] = sums[i] + row[i] }
        }
    }

    /// - Parameters:
    ///   - add: puts element i onto its lane.
    ///   - join: makes one lane of two.
    @inline(__always)
    private static func reduce<Scalar: TrainingScalar>(
        count: Int, from start: Scalar, add: (_ lane: Scalar, _ i: Int) -> Scalar, join: (Scalar, Scalar) -> Scalar
    ) -> Scalar {
        // Every index below is known when compiling, so that the lanes are registers.
        var lanes = InlineArray<16, Scalar>(repeating: start)
        var i = 0
        while i &+ laneCount <= count {
            for j in 0..<laneCount { lanes[unchecked: j] = add(lanes[unchecked: j], i &+ j) }
            i &+= laneCount
        }
        let rest = count &- i
        for j in 0..<laneCount where j < rest { lanes[unchecked: j] = add(lanes[unchecked: j], i &+ j) }
        for j in 0..<8 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 8]) }
        for j in 0..<4 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 4]) }
        for j in 0..<2 { lanes[unchecked: j] = join(lanes[unchecked: j], lanes[unchecked: j &+ 2]) }
        return join(lanes[unchecked: 0], lanes[unchecked: 1])
    }
}
