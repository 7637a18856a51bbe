/// `width` neighbouring columns of several stretches of rows, a chain each.
enum ColumnTile<let stretches: Int, let width: Int> {
    /// Goes on with the sums of the columns from `column` on, as `ColumnChains.run` does, over the first rows of each stretch:
    /// as many as all have, but for those from which a tile would reach behind the end of its stretch.
    ///
    /// - Returns: the rows that are done.
    @inline(__always)
    static func run<Sum: TrainingScalar>(
        rows: InlineArray<stretches, Range<Int>>, columns: Int, column: Int,
        into sums: InlineArray<stretches, UnsafeMutablePointer<Sum>>,
        step: (_ sum: Sum, _ element: Int, _ column: Int, _ sums: UnsafeMutablePointer<Sum>) -> Sum
    ) -> Int {
        // Every index of a lane is known when compiling, so that the lanes are registers. Lanes behind the last column take what
        // comes: the next rows' elements.
        var lanes = InlineArray<stretches, InlineArray<width, Sum>>(repeating: InlineArray(repeating: .zero))
        var elements = InlineArray<stretches, Int>(repeating: 0)
        for s in 0..<stretches {
            elements[unchecked: s] = rows[unchecked: s].lowerBound &* columns &+ column
            for j in 0..<width { lanes[unchecked: s][unchecked: j] = sums[unchecked: s][column &+ j] }
        }
        let common = commonRows(rows, columns: columns, column: column)
        var row = 0
        while row < common {
            for s in 0..<stretches {
                for j in 0..<width {
                    lanes[unchecked: s][unchecked: j] = step(
                        lanes[unchecked: s][unchecked: j], elements[unchecked: s] &+ j, column &+ j,
                        sums[unchecked: s])
                }
                elements[unchecked: s] &+= columns
            }
            row &+= 1
        }
        for s in 0..<stretches {
            for j in 0..<width { sums[unchecked: s][column &+ j] = lanes[unchecked: s][unchecked: j] }
        }
        return common
    }

    @inline(__always)
    private static func commonRows(
        _ rows: InlineArray<stretches, Range<Int>>, columns: Int, column: Int
    ) -> Int {
        let behind = Swift.max(0, column &+ width &- columns)
        let last = (behind &+ columns &- 1) / columns
        var common = Int.max
        for s in 0..<stretches { common = Swift.min(common, rows[unchecked: s].count &- last) }
        return Swift.max(0, common)
    }
}
