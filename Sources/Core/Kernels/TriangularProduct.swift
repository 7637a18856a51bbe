/// Products with a square matrix L of which only the lower triangle exists, diagonal included: what a causal mask leaves.
///
/// An element of a result is the chain of fused multiply-adds over the elements that exist, in increasing order: what lies
/// above the diagonal, and what it would be multiplied with, is never looked at. So not even a NaN at a later step, nor the
/// sign of a zero, reaches an earlier one. Half of the full product's work.
public enum TriangularProduct {
    /// Rows that go together. It changes no bit.
    private static let blockRows = 16

    /// Computes the lower triangle of Y = X·B.
    ///
    /// Shapes: `X [size, depth]`, `B [depth, size]`, `Y [size, size]`, the last index contiguous. Above the diagonal Y has no
    /// meaning afterwards.
    /// - Parameters:
    ///   - xStride, bStride, yStride: how far apart the rows are.
    /// - Precondition: 64 bytes behind B's last element are readable.
    /// - Complexity: size²·depth / 2 multiply-adds; no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func lowerTriangle<Scalar: TrainingScalar>(
        of x: UnsafePointer<Scalar>, xStride: Int, depth: Int, _ b: UnsafePointer<Scalar>, bStride: Int, size: Int,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        for first in stride(from: 0, to: size, by: blockRows) {
            let end = min(first + blockRows, size)
            StridedProduct.multiply(
                x + first * xStride, xStride: xStride, rows: end - first, depth: depth, b, bStride: bStride,
                columns: end, into: y + first * yStride, yStride: yStride)
        }
    }

    /// Computes Y = L·B: row t is Σ L[t, s]·B[s, :] over s ≤ t.
    ///
    /// Shapes: `L [size, size]`, `B [size, columns]`, `Y [size, columns]`, assigned.
    /// - Precondition: 64 bytes behind B's last element are readable.
    /// - Complexity: size²·columns / 2 multiply-adds; no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func multiply<Scalar: TrainingScalar>(
        lower l: UnsafePointer<Scalar>, lStride: Int, size: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        for first in stride(from: 0, to: size, by: blockRows) {
            let end = min(first + blockRows, size)
            // Left of the block's own columns every row has all elements; there each row goes on alone.
            StridedProduct.multiply(
                l + first * lStride, xStride: lStride, rows: end - first, depth: first, b, bStride: bStride,
                columns: columns, into: y + first * yStride, yStride: yStride)
            for t in first..<end {
                StridedProduct.multiply(
                    l + (t * lStride + first), xStride: lStride, rows: 1, depth: t - first + 1, b + first * bStride,
                    bStride: bStride, columns: columns, into: y + t * yStride, yStride: yStride, accumulates: true)
            }
        }
    }

    /// Computes Y = Lᵀ·B from U = Lᵀ: row s is Σ U[s, t]·B[t, :] over t ≥ s.
    ///
    /// Shapes: `U [size, size]`, `B [size, columns]`, `Y [size, columns]`, assigned.
    /// - Precondition: 64 bytes behind B's last element are readable.
    /// - Complexity: size²·columns / 2 multiply-adds; no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func multiply<Scalar: TrainingScalar>(
        upper u: UnsafePointer<Scalar>, uStride: Int, size: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        columns: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        for first in stride(from: 0, to: size, by: blockRows) {
            let end = min(first + blockRows, size)
            for s in first..<end {
                StridedProduct.multiply(
                    u + (s * uStride + s), xStride: uStride, rows: 1, depth: end - s, b + s * bStride,
                    bStride: bStride, columns: columns, into: y + s * yStride, yStride: yStride)
            }
            StridedProduct.multiply(
                u + (first * uStride + end), xStride: uStride, rows: end - first, depth: size - end, b + end * bStride,
                bStride: bStride, columns: columns, into: y + first * yStride, yStride: yStride, accumulates: true)
        }
    }
}
