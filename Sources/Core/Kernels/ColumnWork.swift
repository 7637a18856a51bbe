/// Work on groups of columns one after the other, written once for all widths.
protocol ColumnWork {
    associatedtype Scalar: VectorScalar

    /// Does the columns from `column` on: so many vectors, of each `lanes` lanes.
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int) where Lanes.Scalar == Scalar
}

extension ColumnWork {
    /// Cuts `columns` columns into groups of at most `widest` ≤ 3 vectors; where vectors are two registers, of one.
    @inline(__always)
    func cut(columns: Int, widest: Int) {
        let lanes = Scalar.laneCount
        // Rows of the last panel may be nearer together: its vectors go alone.
        let whole = columns & ~(ParameterLayout.panelWidth &- 1)
        var column = 0
        while column < columns {
            let rest = columns &- column
            let vectors = (whole &- column) / lanes
            if ProductTiling.isWide && widest >= 3 && vectors >= 3 && vectors != 4 {
                run(VectorCount<3>(), of: WholeVector<Scalar>.self, column: column, lanes: lanes)
                column &+= 3 &* lanes
            } else if ProductTiling.isWide && vectors >= 2 {
                run(VectorCount<2>(), of: WholeVector<Scalar>.self, column: column, lanes: lanes)
                column &+= 2 &* lanes
            } else if rest > lanes / 2 {
                run(VectorCount<1>(), of: WholeVector<Scalar>.self, column: column, lanes: min(lanes, rest))
                column &+= lanes
            } else {
                run(VectorCount<1>(), of: HalfVector<Scalar>.self, column: column, lanes: rest)
                column &+= lanes / 2
            }
        }
    }
}
