/// A matrix in panels of `ParameterLayout.panelWidth` columns, as the tiles read it: a weight, or a packed copy.
struct PanelMatrix<Scalar: VectorScalar> {
    let base: UnsafePointer<Scalar>
    let rows: Int
    /// The columns that are stored: of a packed copy a multiple of the panel width.
    let columns: Int

    /// Where row 0 of the vector of columns that begins at `column` lies.
    @inline(__always)
    func vector(column: Int) -> UnsafePointer<Scalar> {
        let first = column & ~(ParameterLayout.panelWidth - 1)
        return base + (first &* rows &+ (column &- first))
    }

    /// How far apart the rows of the panel that `column` is in are.
    @inline(__always)
    func stride(column: Int) -> Int {
        let first = column & ~(ParameterLayout.panelWidth - 1)
        return Swift.min(ParameterLayout.panelWidth, columns &- first)
    }

    /// The vectors of a group that begins at `column`.
    @inline(__always)
    func group<let vectors: Int>(column: Int, _: VectorCount<vectors>) -> InlineArray<vectors, UnsafePointer<Scalar>> {
        var group = InlineArray<vectors, UnsafePointer<Scalar>>(repeating: base)
        for v in 0..<vectors { group[unchecked: v] = vector(column: column &+ v &* Scalar.laneCount) }
        return group
    }
}

/// A number of vectors side by side, known when compiling.
struct VectorCount<let vectors: Int> {}
