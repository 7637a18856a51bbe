import CSystem

extension PanelProduct {
    /// Copies `columns` of all rows of dY into panels as wide as all others, filled up with zeros.
    ///
    /// Row by row through as many panels as the widest tile has, and with the rows below asked for: where rows are long, each
    /// is in another page.
    @inline(__always)
    func packColumns(
        _ dY: UnsafePointer<Scalar>, rows: Int, columns: Range<Int>, into packed: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        let strip = ProductTiling.stripWidth(of: Scalar.self)
        let whole = columns.count & ~(width - 1)
        for first in stride(from: 0, to: whole, by: strip) {
            let panels = min(strip, whole - first) / width
            var source = dY + (columns.lowerBound + first)
            var target = packed + first * rows
            for _ in 0..<rows {
                for panel in 0..<panels {
                    let row = source + panel &* width
                    for lane in stride(from: 0, to: width, by: Scalar.laneCount) {
                        dtrain_prefetch(row + (ProductTiling.rowsAhead &* outputs &+ lane))
                        Scalar.store(Scalar.load(row + lane), target + (panel &* rows &* width &+ lane))
                    }
                }
                source += outputs
                target += width
            }
        }
        if whole < columns.count {
            var source = dY + (columns.lowerBound + whole)
            var target = packed + whole * rows
            for _ in 0..<rows {
                Scalar.copyPanelRow(source, count: columns.count - whole, into: target)
                source += outputs
                target += width
            }
        }
    }

    /// Copies `columns` of `depth` rows of X, columns to rows `stride` apart.
    @inline(__always)
    func packInputColumns(
        _ x: UnsafePointer<Scalar>, _ columns: Range<Int>, depth: Int, into packed: UnsafeMutablePointer<Scalar>,
        stride packedStride: Int
    ) {
        let width = ParameterLayout.panelWidth
        for k in stride(from: 0, to: depth, by: width) {
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
                let source = x + (k * inputs + column)
                // The rows below: each is in another page, where the CPU's own prefetching does not reach.
                for r in 0..<width { dtrain_prefetch(source + (r + width) * inputs) }
                let target = packed + ((column - columns.lowerBound) * packedStride + k)
                let (height, count) = (min(width, depth - k), min(width, columns.upperBound - column))
                if height == width && count == width {
                    Scalar.transposeBlock(source, stride: inputs, into: target, targetStride: packedStride)
                } else {
                    Scalar.transposeBlock(
                        source, stride: inputs, rows: height, columns: count, into: target, targetStride: packedStride)
                }
            }
        }
    }

    /// Copies a matrix in panels, rows to columns: to rows of `rows` ≤ 16 elements, one after the other. `columns` is a
    /// multiple of the panel width; sixteen rows of each panel are readable, and `turned` has room for one such.
    @inline(__always)
    func copyTransposed(
        _ panels: UnsafePointer<Scalar>, rows: Int, columns: Int, _ turned: UnsafeMutablePointer<Scalar>,
        into target: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        for column in stride(from: 0, to: columns, by: width) {
            Scalar.transposeBlock(panels + column * rows, stride: width, into: turned, targetStride: width)
            for c in 0..<width {
                Scalar.copyRow(UnsafePointer(turned) + c * width, count: rows, into: target + (column + c) * rows)
            }
        }
    }
}
