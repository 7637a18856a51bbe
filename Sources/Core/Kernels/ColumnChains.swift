/// Chains down the columns of a matrix: each sum takes the elements of its column in the order of the rows, in a register from
/// the first row to the last.
///
/// A chain waits for its own last addition, so a tile has many: up to 32 columns, or fewer of several stretches of rows side by
/// side. The order of a chain does not depend on that.
enum ColumnChains {
    /// So many sums behind the last column's are written, and as many constants of a step read: the tiles do not end with it.
    static let slack = 16

    /// Goes on with the sums of every stretch of rows: sum = step(sum, …) row after row.
    ///
    /// Shapes: `sums [columns + slack]` of each stretch; in the slack is anything afterwards.
    /// - Parameters:
    ///   - rows: the rows of each stretch.
    ///   - step: makes a sum's next value of it, of the element's place in the matrix, of its column and of the sums of its
    ///     stretch. It is asked for up to `slack` columns behind the last one, with elements that are the next rows' and of the
    ///     same stretch; those answers go into the slack.
    /// - Complexity: no allocation.
    @inline(__always)
    static func run<Sum: TrainingScalar, let stretches: Int>(
        rows: InlineArray<stretches, Range<Int>>, columns: Int,
        into sums: InlineArray<stretches, UnsafeMutablePointer<Sum>>,
        step: (_ sum: Sum, _ element: Int, _ column: Int, _ sums: UnsafeMutablePointer<Sum>) -> Sum
    ) {
        var rows = rows
        if columns <= 8 && stretches > 1 {
            let common = ColumnTile<stretches, 8>.run(rows: rows, columns: columns, column: 0, into: sums, step: step)
            for s in 0..<stretches { rows[s] = (rows[s].lowerBound &+ common)..<rows[s].upperBound }
        }
        for s in 0..<stretches {
            var column = 0
            while column < columns {
                switch columns &- column {
                case ...8:
                    finish(ColumnTile<1, 8>.self, rows[s], columns, column, sums[s], step: step)
                    column &+= 8
                case ...16:
                    finish(ColumnTile<1, 16>.self, rows[s], columns, column, sums[s], step: step)
                    column &+= 16
                default:
                    finish(ColumnTile<1, 32>.self, rows[s], columns, column, sums[s], step: step)
                    column &+= 32
                }
            }
        }
    }

    /// A tile over one stretch, its last rows, which the tile would reach behind, in memory.
    @inline(__always)
    private static func finish<Sum: TrainingScalar, let width: Int>(
        _: ColumnTile<1, width>.Type, _ rows: Range<Int>, _ columns: Int, _ column: Int,
        _ sums: UnsafeMutablePointer<Sum>,
        step: (_ sum: Sum, _ element: Int, _ column: Int, _ sums: UnsafeMutablePointer<Sum>) -> Sum
    ) {
        let done = ColumnTile<1, width>.run(rows: [rows], columns: columns, column: column, into: [sums], step: step)
        let end = Swift.min(column &+ width, columns)
        for r in rows.dropFirst(done) {
            for c in column..<end { sums[c] = step(sums[c], r &* columns &+ c, c, sums) }
        }
    }
}
