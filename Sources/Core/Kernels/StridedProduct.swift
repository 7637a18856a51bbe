/// Products of matrices that lie inside larger ones, as attention's heads and an einsum's batches do: rows any distance apart.
///
/// As everywhere, an element is one chain of fused multiply-adds over the inner extent in increasing order.
public enum StridedProduct {
    /// Computes Y = X·B, or with `accumulates` Y + X·B: the chains then go on from what Y holds.
    ///
    /// Shapes: `X [rows, depth]`, `B [depth, columns]`, `Y [rows, columns]`, the last index contiguous.
    /// - Parameters:
    ///   - xStride, bStride, yStride: how far apart the rows are.
    /// - Precondition: 64 bytes behind B's last element are readable, as those of an `AlignedBuffer` and of the arena are.
    /// - Complexity: no allocation.
    @inline(__always)
    public static func multiply<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int, accumulates: Bool = false
    ) {
        Scalar.multiplyStrided(
            x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }

    /// Copies a matrix, rows to columns: `target[c, r] = source[r, c]`.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func transpose<Scalar: TrainingScalar>(
        _ source: UnsafePointer<Scalar>, stride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Scalar>, targetStride: Int
    ) {
        for r in 0..<rows {
            let row = source + r &* stride
            for c in 0..<columns { target[c &* targetStride &+ r] = row[c] }
        }
    }
}

extension TrainingScalar {
    /// One number at a time: what dual numbers run on, and what the vectors have to match bit for bit.
    public static func multiplyStrided(
        _ x: UnsafePointer<Self>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Self>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Self>, yStride: Int, accumulates: Bool
    ) {
        for r in 0..<rows {
            for c in 0..<columns {
                var sum = accumulates ? y[r * yStride + c] : .zero
                for k in 0..<depth { sum = multiplyAdd(x[r * xStride + k], b[k * bStride + c], sum) }
                y[r * yStride + c] = sum
            }
        }
    }
}

extension VectorScalar {
    @inline(__always)
    fileprivate static func multiplyInTiles(
        _ x: UnsafePointer<Self>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Self>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Self>, yStride: Int, accumulates: Bool
    ) {
        var column = 0
        while column < columns {
            if ProductTiling.isWide && column &+ 3 &* laneCount <= columns {
                var group = InlineArray<3, UnsafePointer<Self>>(repeating: b + column)
                for v in 0..<3 { group[unchecked: v] += v &* laneCount }
                RowTiles(
                    x: x, xStride: xStride, columns: group, wStride: bStride, count: depth,
                    start: accumulates ? nil : InlineArray(repeating: Vector()), y: y + column, yStride: yStride,
                    lanes: laneCount
                ).cut(rows: rows)
                column &+= 3 &* laneCount
            } else {
                RowTiles(
                    x: x, xStride: xStride, columns: InlineArray<1, UnsafePointer<Self>>(repeating: b + column),
                    wStride: bStride, count: depth, start: accumulates ? nil : InlineArray(repeating: Vector()),
                    y: y + column, yStride: yStride, lanes: min(laneCount, columns &- column)
                ).cut(rows: rows)
                column &+= laneCount
            }
        }
    }
}

extension Float {
    public static func multiplyStrided(
        _ x: UnsafePointer<Float>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Float>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulates: Bool
    ) {
        multiplyInTiles(
            x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }
}

extension Double {
    public static func multiplyStrided(
        _ x: UnsafePointer<Double>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Double>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Double>, yStride: Int, accumulates: Bool
    ) {
        multiplyInTiles(
            x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }
}
