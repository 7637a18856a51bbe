/// Work on groups of columns one after the other, written once for all widths.
protocol ColumnGroupWork {
    associatedtype Scalar: VectorScalar

    /// Does the columns from `column` on: so many vectors, of each `lanes` lanes.
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int) where Lanes.Scalar == Scalar
}

extension ColumnGroupWork {
    /// Cuts `columns` columns into groups of two vectors, where those are registers, of one and of half of one. `Double`, which
    /// nobody trains in, has groups of one alone.
    @inline(__always)
    func cut(columns: Int) {
        let lanes = Scalar.laneCount
        // Rows of the last panel may be nearer together: its vectors go alone.
        let whole = columns & ~(ParameterLayout.panelWidth &- 1)
        var column = 0
        while column < columns {
            let rest = columns &- column
            if ProductTiling.isWide && Scalar.cutsHalves && whole &- column >= 2 &* lanes {
                run(VectorCount<2>(), of: WholeVector<Scalar>.self, column: column, lanes: lanes)
                column &+= 2 &* lanes
            } else if !Scalar.cutsHalves || rest > lanes / 2 {
                run(VectorCount<1>(), of: WholeVector<Scalar>.self, column: column, lanes: min(lanes, rest))
                column &+= lanes
            } else {
                run(VectorCount<1>(), of: HalfVector<Scalar>.self, column: column, lanes: rest)
                column &+= lanes / 2
            }
        }
    }
}

extension VectorScalar {
    /// Whether groups of columns are two vectors and halves too, not one alone.
    @inline(__always)
    fileprivate static var cutsHalves: Bool { laneCount == ParameterLayout.panelWidth }

    /// The lanes that the columns of all groups take.
    static func lanes(ofColumns columns: Int) -> Int {
        let smallest = cutsHalves ? laneCount / 2 : laneCount
        return (columns + smallest - 1) / smallest * smallest
    }
}
