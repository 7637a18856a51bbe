/// Which elements the first operand of a `StridedProduct` has, and how they lie.
public enum StridedForm: Sendable {
    /// [rows, depth].
    case rows
    /// [rows, depth]: row r has its first `first` + r + 1 elements alone.
    case lowerRows(first: Int)
    /// The transpose [depth, rows].
    case columns
    /// The transpose [depth, rows]: column r has its elements from the r-th on alone.
    case lowerColumns

    /// The elements of row `row` of the product's first operand.
    @inline(__always)
    func range(ofRow row: Int, depth: Int) -> Range<Int> {
        switch self {
        case .rows, .columns: 0..<depth
        case .lowerRows(let first): 0..<(first + row + 1)
        case .lowerColumns: row..<depth
        }
    }

    /// Whether row after row lies in memory; otherwise column after column.
    @inline(__always)
    var isRowMajor: Bool {
        switch self {
        case .rows, .lowerRows: true
        case .columns, .lowerColumns: false
        }
    }
}
