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

    /// Copies `columns` of the rows `rows`, transposed, into panels [columns, 16] as wide as all others, filled up with
    /// zeros.
    @inline(__always)
    func packTransposed(
        rows: Range<Int>, columns: Range<Int>, into packed: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        var target = packed
        for row in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: width) {
            let height = Swift.min(width, rows.upperBound - row)
            for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
                let panelWidth = Swift.min(width, self.columns - column)
                let source = base + (column * self.rows + row * panelWidth)
                // Beside a narrow panel: 64 bytes behind the matrix are read, and where the next one will be is written.
                if height == width && (width - panelWidth) * MemoryLayout<Scalar>.stride <= 64 {
                    Scalar.transposeBlock(source, stride: panelWidth, into: target, targetStride: width)
                } else {
                    Scalar.transposeBlock(
                        source, stride: panelWidth, rows: height, columns: panelWidth, into: target,
                        targetStride: width)
                }
                target += panelWidth * width
            }
        }
    }
}

/// A number of vectors side by side, known when compiling.
struct VectorCount<let vectors: Int> {}
