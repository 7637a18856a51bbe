/// Sums along a row, in an order that no vector width changes: sixteen lanes on every CPU, lane j takes elements
/// j, j + 16, … in order, and lanes are joined 8-4-2-1.
public enum RowReduction {
    /// The lanes, on every CPU.
    public static let laneCount = LaneSlice.laneCount
    /// The widest rows whose sums stay in registers; wider ones are as fast in memory.
    private static let widestInRegisters = 64

    /// Computes Σ xᵢ over `count` elements; +0 for none.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func sum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        // A function, not a closure: only that is always inlined.
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes { lanes + place.load(x) }
        let sum: InlineArray<1, Scalar> = sums(of: count, add: add)
        return sum[0]
    }

    /// Computes the largest of `count` elements; −∞ for none. NaNs are passed over.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func maximum<Scalar: TrainingScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        let maximum: InlineArray<1, Scalar> = maxima(of: { _ in count }, rows: { _ in x })
        return maximum[0]
    }

    /// Computes Σ xᵢ·yᵢ over `count` elements, each lane a chain of fused multiply-adds from +0.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func dot<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, count: Int
    ) -> Scalar {
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes {
            Scalar.Lanes.multiplyAdd(place.load(x), place.load(y), lanes)
        }
        let sum: InlineArray<1, Scalar> = sums(of: count, add: add)
        return sum[0]
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

    /// Computes the sums of several rows side by side, each in the order of one alone: while one waits for its last addition, the
    /// others go on.
    ///
    /// - Parameter add: puts the terms at a place of a row onto their lanes.
    /// - Complexity: no allocation.
    @inline(__always)
    static func sums<Scalar: TrainingScalar, let rows: Int>(
        of count: Int, add: (_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes
    ) -> InlineArray<rows, Scalar> {
        sums(of: { _ in count }, add: add)
    }

    /// The same of rows that are not equally long.
    @inline(__always)
    static func sums<Scalar: TrainingScalar, let rows: Int>(
        of count: (_ row: Int) -> Int, add: (_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes
    ) -> InlineArray<rows, Scalar> {
        let lanes: InlineArray<rows, Scalar.Lanes> = reduce(count, from: Scalar.zero, add: add)
        var sums = InlineArray<rows, Scalar>(repeating: .zero)
        for r in 0..<rows { sums[unchecked: r] = lanes[unchecked: r].sum }
        return sums
    }

    /// Computes the largest elements of several rows side by side, as `maximum(_:count:)` does of one.
    ///
    /// - Complexity: no allocation.
    @inline(__always)
    static func maxima<Scalar: TrainingScalar, let rows: Int>(
        of count: (_ row: Int) -> Int, rows x: (_ row: Int) -> UnsafePointer<Scalar>
    ) -> InlineArray<rows, Scalar> {
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes {
            Scalar.Lanes.larger(lanes, place.load(x(row)))
        }
        let lanes: InlineArray<rows, Scalar.Lanes> = reduce(count, from: Scalar(-Double.infinity), add: add)
        var maxima = InlineArray<rows, Scalar>(repeating: .zero)
        for r in 0..<rows { maxima[unchecked: r] = lanes[unchecked: r].largest }
        return maxima
    }

    @inline(__always)
    private static func reduce<Scalar: TrainingScalar, let rows: Int>(
        _ count: (_ row: Int) -> Int, from start: Scalar,
        add: (_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes
    ) -> InlineArray<rows, Scalar.Lanes> {
        var lanes = InlineArray<rows, Scalar.Lanes>(repeating: Scalar.Lanes(repeating: start))
        var shortest = count(0)
        for r in 1..<rows { shortest = Swift.min(shortest, count(r)) }
        var common = 0
        while common &+ laneCount <= shortest {
            for r in 0..<rows {
                lanes[unchecked: r] = add(
                    lanes[unchecked: r], r, LaneSlice(first: common, count: laneCount))
            }
            common &+= laneCount
        }
        for r in 0..<rows {
            var first = common
            while first < count(r) {
                let place = LaneSlice(first: first, count: Swift.min(laneCount, count(r) &- first))
                let sums = add(lanes[unchecked: r], r, place)
                lanes[unchecked: r] =
                    place.count == laneCount ? sums : lanes[unchecked: r].replacingFirst(place.count, with: sums)
                first &+= laneCount
            }
        }
        return lanes
    }
}
