/// Products of matrices that lie inside larger ones, as attention's heads and an einsum's batches do: rows any distance apart.
///
/// As everywhere, an element is one chain of fused multiply-adds over the inner extent in increasing order. Of a triangle, that is
/// over the elements that exist: what lies beside them, and what it would be multiplied with, is never looked at. So not even
/// a NaN at a later step, nor the sign of a zero, reaches an earlier one, and half of the work is left out.
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
            .rows, x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }

    /// Computes Y = L·B for some rows of a lower triangle L: row r is Σ L[r, k]·B[k, :] over k ≤ `first` + r.
    ///
    /// Shapes: `L [rows, first + rows]`, `B [first + rows, columns]`, `Y [rows, columns]`, assigned.
    /// - Parameter first: which row of the triangle L begins with.
    /// - Precondition: as for `multiply(_:)`.
    /// - Complexity: no allocation.
    @inline(__always)
    public static func multiply<Scalar: TrainingScalar>(
        lower l: UnsafePointer<Scalar>, lStride: Int, rows: Int, first: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        Scalar.multiplyStrided(
            .lowerRows(first: first), l, xStride: lStride, rows: rows, depth: first + rows, b, bStride: bStride,
            columns: columns, into: y, yStride: yStride, accumulates: false)
    }

    /// Computes Y = Xᵀ·B; of a square X with `isLower` only the lower triangle: row r is Σ X[k, r]·B[k, :] over k ≥ r.
    ///
    /// Shapes: `X [depth, rows]`, `B [depth, columns]`, `Y [rows, columns]`, assigned.
    /// - Precondition: as for `multiply(_:)`.
    /// - Complexity: no allocation.
    @inline(__always)
    public static func multiply<Scalar: TrainingScalar>(
        transposed x: UnsafePointer<Scalar>, xStride: Int, isLower: Bool, rows: Int, depth: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, columns: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        Scalar.multiplyStrided(
            isLower ? .lowerColumns : .columns, x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride,
            columns: columns, into: y, yStride: yStride, accumulates: false)
    }

    /// Copies a matrix, rows to columns: `target[c, r] = source[r, c]`.
    ///
    /// - Complexity: no allocation.
    @inline(__always)
    public static func transpose<Scalar: TrainingScalar>(
        _ source: UnsafePointer<Scalar>, stride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Scalar>, targetStride: Int
    ) {
        Scalar.transposeStrided(
            source, stride: stride, rows: rows, columns: columns, into: target, targetStride: targetStride)
    }
}

extension TrainingScalar {
    /// One number at a time: what dual numbers run on, and what the vectors have to match bit for bit.
    public static func multiplyStrided(
        _ form: StridedForm, _ x: UnsafePointer<Self>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Self>,
        bStride: Int, columns: Int, into y: UnsafeMutablePointer<Self>, yStride: Int, accumulates: Bool
    ) {
        let (rowStep, depthStep) = form.isRowMajor ? (xStride, 1) : (1, xStride)
        for r in 0..<rows {
            for c in 0..<columns {
                var sum = accumulates ? y[r * yStride + c] : .zero
                for k in form.range(ofRow: r, depth: depth) {
                    sum = multiplyAdd(x[r * rowStep + k * depthStep], b[k * bStride + c], sum)
                }
                y[r * yStride + c] = sum
            }
        }
    }

    public static func transposeStrided(
        _ source: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Self>,
        targetStride: Int
    ) {
        for r in 0..<rows {
            for c in 0..<columns { target[c &* targetStride &+ r] = source[r &* stride &+ c] }
        }
    }
}

extension VectorScalar {
    @inline(__always)
    fileprivate static func multiplyInTiles(
        _ form: StridedForm, _ x: UnsafePointer<Self>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Self>,
        bStride: Int, columns: Int, into y: UnsafeMutablePointer<Self>, yStride: Int, accumulates: Bool
    ) {
        var column = 0
        while column < columns {
            let (b, y) = (b + column, y + column)
            // Whole vectors three at a time, but four as two and two: a tile of one vector is short of chains.
            switch ProductTiling.isWide ? (columns &- column) / laneCount : 1 {
            case ...1:
                let lanes = min(laneCount, columns &- column)
                StridedTiles<1, Self>(
                    form, x, xStride: xStride, depth: depth, b, bStride: bStride, into: y, yStride: yStride,
                    lanes: lanes, accumulates: accumulates
                ).cut(rows: rows)
                column &+= laneCount
            case 2, 4:
                StridedTiles<2, Self>(
                    form, x, xStride: xStride, depth: depth, b, bStride: bStride, into: y, yStride: yStride,
                    lanes: laneCount, accumulates: accumulates
                ).cut(rows: rows)
                column &+= 2 &* laneCount
            default:
                StridedTiles<3, Self>(
                    form, x, xStride: xStride, depth: depth, b, bStride: bStride, into: y, yStride: yStride,
                    lanes: laneCount, accumulates: accumulates
                ).cut(rows: rows)
                column &+= 3 &* laneCount
            }
        }
    }

    /// Sixteen rows of sixteen at a time.
    @inline(__always)
    fileprivate static func transposeInBlocks(
        _ source: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Self>,
        targetStride: Int
    ) {
        for row in Swift.stride(from: 0, to: rows, by: 16) {
            for column in Swift.stride(from: 0, to: columns, by: 16) {
                let source = source + (row &* stride &+ column)
                let target = target + (column &* targetStride &+ row)
                if row &+ 16 <= rows && column &+ 16 <= columns {
                    transposeBlock(source, stride: stride, into: target, targetStride: targetStride)
                } else {
                    for r in 0..<min(16, rows &- row) {
                        for c in 0..<min(16, columns &- column) {
                            target[c &* targetStride &+ r] = source[r &* stride &+ c]
                        }
                    }
                }
            }
        }
    }
}

extension Float {
    public static func multiplyStrided(
        _ form: StridedForm, _ x: UnsafePointer<Float>, xStride: Int, rows: Int, depth: Int, _ b: UnsafePointer<Float>,
        bStride: Int, columns: Int, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulates: Bool
    ) {
        multiplyInTiles(
            form, x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }

    public static func transposeStrided(
        _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>,
        targetStride: Int
    ) {
        transposeInBlocks(
            source, stride: stride, rows: rows, columns: columns, into: target, targetStride: targetStride)
    }
}

extension Double {
    public static func multiplyStrided(
        _ form: StridedForm, _ x: UnsafePointer<Double>, xStride: Int, rows: Int, depth: Int,
        _ b: UnsafePointer<Double>, bStride: Int, columns: Int, into y: UnsafeMutablePointer<Double>, yStride: Int,
        accumulates: Bool
    ) {
        multiplyInTiles(
            form, x, xStride: xStride, rows: rows, depth: depth, b, bStride: bStride, columns: columns, into: y,
            yStride: yStride, accumulates: accumulates)
    }

    public static func transposeStrided(
        _ source: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Double>, targetStride: Int
    ) {
        transposeInBlocks(
            source, stride: stride, rows: rows, columns: columns, into: target, targetStride: targetStride)
    }
}
