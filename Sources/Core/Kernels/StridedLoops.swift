/// Nested loops over the axes of up to three tensors, element by element: what broadcasting is, and what of an einsum is no
/// matrix product.
///
/// Axes that lie alike in all tensors are made one, and the innermost is the one whose elements are nearest. Everything is
/// decided here once; a run allocates nothing. Where several elements meet in one of C, they are added in the order of the
/// loops, along a summed innermost axis that is contiguous in the lanes of `RowReduction`: an order that depends on extents
/// and strides alone.
struct StridedLoops: Sendable {
    /// What becomes of two elements.
    enum Combination: Sendable {
        /// a.
        case copy
        /// a + b.
        case sum
        /// a·b.
        case product
    }

    /// Outermost first, at least one.
    private let axes: [StridedAxis]
    /// Whether several elements meet in one of C.
    private let sums: Bool
    /// Whether C has elements that no index reaches, as off a diagonal.
    private let hasGaps: Bool
    private let targetCount: Int

    /// - Parameter targetCount: the elements of C, those too that no index reaches.
    init(_ axes: [StridedAxis], targetCount: Int) {
        let longer = axes.filter { $0.extent > 1 }
        self.axes = Self.merged(longer)
        self.targetCount = targetCount
        sums = longer.contains { $0.c == 0 }
        hasGaps = longer.filter { $0.c != 0 }.elementCount != targetCount
    }

    /// The axes from the widest steps to the narrowest, those made one that every tensor walks as one. Of equal steps those
    /// that are narrower in C come later: memory is rather read than written here and there.
    private static func merged(_ axes: [StridedAxis]) -> [StridedAxis] {
        var merged: [StridedAxis] = []
        for axis in axes.sorted(by: \.c).sorted(by: \.steps) {
            if let outer = merged.last,
                [\StridedAxis.a, \.b, \.c].allSatisfy({ [outer, axis].mergedStride($0) != nil })
            {
                merged[merged.count - 1] = StridedAxis(
                    extent: outer.extent * axis.extent, a: axis.a, b: axis.b, c: axis.c)
            } else {
                merged.append(axis)
            }
        }
        return merged.isEmpty ? [StridedAxis(extent: 1, a: 0, b: 0, c: 0)] : merged
    }

    /// Computes C = Σ `combination`(A, B), the sum over the axes that C does not have, and +0 where no index reaches; with
    /// `accumulates` C + that.
    ///
    /// - Parameter b: not read for a copy.
    /// - Complexity: one step an index; no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func run<Scalar: TrainingScalar>(
        _ combination: Combination, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
        into c: UnsafeMutablePointer<Scalar>, accumulates: Bool = false
    ) {
        if !accumulates && (sums || hasGaps) { c.update(repeating: .zero, count: targetCount) }
        let adds = accumulates || sums
        let row = axes[axes.count - 1]
        visit(0, axes.count - 1, 0, 0, 0) { aStart, bStart, cStart in
            let (a, b, c) = (a + aStart, b + bStart, c + cStart)
            switch (combination, adds) {
            case (.copy, false): Self.walk(row, a, b, c) { a, _, _ in a }
            case (.sum, false): Self.walk(row, a, b, c) { a, b, _ in a + b }
            case (.product, false): Self.walk(row, a, b, c) { a, b, _ in a * b }
            case (.copy, true):
                if row.c == 0 && row.a == 1 {
                    c[0] = c[0] + RowReduction.sum(a, count: row.extent)
                } else {
                    Self.walk(row, a, b, c) { a, _, c in c + a }
                }
            case (.sum, true): Self.walk(row, a, b, c) { a, b, c in c + (a + b) }
            case (.product, true):
                if row.c == 0 && row.a == 1 && row.b == 1 {
                    c[0] = c[0] + RowReduction.dot(a, b, count: row.extent)
                } else {
                    Self.walk(row, a, b, c) { a, b, c in Scalar.multiplyAdd(a, b, c) }
                }
            }
        }
    }

    /// Calls `body` with where in A, B and C each index begins.
    ///
    /// - Complexity: no allocation.
    func forEach(_ body: (_ a: Int, _ b: Int, _ c: Int) -> Void) { visit(0, axes.count, 0, 0, 0, body) }

    private func visit(
        _ depth: Int, _ end: Int, _ a: Int, _ b: Int, _ c: Int, _ body: (_ a: Int, _ b: Int, _ c: Int) -> Void
    ) {
        guard depth < end else { return body(a, b, c) }
        let axis = axes[depth]
        for i in 0..<axis.extent {
            visit(depth + 1, end, a &+ i &* axis.a, b &+ i &* axis.b, c &+ i &* axis.c, body)
        }
    }

    /// Assigns `next(a, b, c)` to every element of C along one axis: plain loops where they can be vectors.
    @inline(__always)
    private static func walk<Scalar: TrainingScalar>(
        _ axis: StridedAxis, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
        _ c: UnsafeMutablePointer<Scalar>, _ next: (_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar
    ) {
        switch (axis.a, axis.b, axis.c) {
        case (1, 1, 1):
            for i in 0..<axis.extent { c[i] = next(a[i], b[i], c[i]) }
        case (1, 0, 1):
            let b = b[0]
            for i in 0..<axis.extent { c[i] = next(a[i], b, c[i]) }
        case (0, 1, 1):
            let a = a[0]
            for i in 0..<axis.extent { c[i] = next(a, b[i], c[i]) }
        case (_, _, 0):
            var sum = c[0]
            for i in 0..<axis.extent { sum = next(a[i &* axis.a], b[i &* axis.b], sum) }
            c[0] = sum
        default:
            for i in 0..<axis.extent {
                c[i &* axis.c] = next(a[i &* axis.a], b[i &* axis.b], c[i &* axis.c])
            }
        }
    }
}
