/// How a parameter's elements lie in the arena.
public enum ParameterLayout: Sendable, Hashable {
    /// In logical order: the last index fastest.
    case rowMajor
    /// A matrix [rows, columns] in panels of `ParameterLayout.panelWidth` columns, each panel row-major; the last panel is as
    /// narrow as what is left. Products read a panel as one stream, with no stride that aliases in the first-level cache.
    case columnPanels

    /// Sixteen columns, on every CPU: the order of elements is part of what blockwise sums depend on.
    public static let panelWidth = 16

    /// Where element (`row`, `column`) of a [`rows`, `columns`] matrix lies.
    @inlinable @inline(__always)
    public func offset(row: Int, column: Int, rows: Int, columns: Int) -> Int {
        switch self {
        case .rowMajor:
            return row * columns + column
        case .columnPanels:
            let first = column / Self.panelWidth * Self.panelWidth
            return first * rows + row * Swift.min(Self.panelWidth, columns - first) + (column - first)
        }
    }

    /// Copies the elements of a parameter of `shape` from this layout into logical order.
    public func copyToRowMajor<Scalar: BitwiseCopyable>(
        _ source: UnsafePointer<Scalar>, shape: Shape, into target: UnsafeMutablePointer<Scalar>
    ) {
        guard self == .columnPanels else { return target.update(from: source, count: shape.elementCount) }
        let columns = shape.last
        let rows = shape.elementCount / columns
        var panel = source
        for first in stride(from: 0, to: columns, by: Self.panelWidth) {
            let width = Swift.min(Self.panelWidth, columns - first)
            for row in 0..<rows {
                (target + row * columns + first).update(from: panel, count: width)
                panel += width
            }
        }
    }
}
