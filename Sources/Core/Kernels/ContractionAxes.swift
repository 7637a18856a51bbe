/// The axes of C = Σ A·B by which tensors have them, each group outermost first.
struct ContractionAxes {
    /// A's, B's and C's.
    private(set) var batch: [StridedAxis]
    /// A's and C's.
    private(set) var rows: [StridedAxis]
    /// A's and B's: those that are summed.
    private(set) var inner: [StridedAxis]
    /// B's and C's.
    private(set) var columns: [StridedAxis]
    /// A's alone, summed as well.
    private(set) var leftAlone: [StridedAxis]
    /// B's alone, summed as well.
    private(set) var rightAlone: [StridedAxis]
    /// C's alone: where it is the same everywhere.
    private(set) var resultAlone: [StridedAxis]

    init(_ axes: [StridedAxis]) {
        func group(_ a: Bool, _ b: Bool, _ c: Bool, by stride: KeyPath<StridedAxis, Int>) -> [StridedAxis] {
            axes.filter { ($0.a != 0) == a && ($0.b != 0) == b && ($0.c != 0) == c }.sorted(by: stride)
        }
        batch = group(true, true, true, by: \.c)
        rows = group(true, false, true, by: \.c)
        inner = group(true, true, false, by: \.a)
        columns = group(false, true, true, by: \.c)
        leftAlone = group(true, false, false, by: \.a)
        rightAlone = group(false, true, false, by: \.b)
        resultAlone = group(false, false, true, by: \.c)
    }

    /// Those that more than one tensor has, in the order in which a product wants them: A is batch, rows, inner, B is batch,
    /// inner, columns, C is batch, rows, columns.
    var all: [StridedAxis] { batch + rows + inner + columns }

    /// Whether this is a batch of matrix products.
    var isProduct: Bool { !rows.isEmpty && !inner.isEmpty && !columns.isEmpty }

    /// Whether A's rows are the same distance apart, with the inner elements contiguous.
    var leftFits: Bool { rows.mergedStride(\.a) != nil && inner.mergedStride(\.a) == 1 }

    /// Whether B's inner elements are the same distance apart, with the columns contiguous.
    var rightFits: Bool { inner.mergedStride(\.b) != nil && columns.mergedStride(\.b) == 1 }

    /// Whether C's rows are the same distance apart, with the columns contiguous, and nothing is repeated.
    var resultFits: Bool {
        rows.mergedStride(\.c) != nil && columns.mergedStride(\.c) == 1 && resultAlone.isEmpty
    }

    /// Exchanges A and B if C's nearest elements are then columns; whether it did.
    mutating func swapForColumns() -> Bool {
        guard rows.last!.c < columns.last!.c else { return false }
        func swapped(_ axes: [StridedAxis]) -> [StridedAxis] {
            axes.map { StridedAxis(extent: $0.extent, a: $0.b, b: $0.a, c: $0.c) }
        }
        (rows, columns) = (swapped(columns), swapped(rows))
        (leftAlone, rightAlone) = (swapped(rightAlone), swapped(leftAlone))
        (batch, inner) = (swapped(batch), swapped(inner).sorted(by: \.a))
        return true
    }

    /// Lets the tensor with this stride lie contiguously, in the order of `all`.
    ///
    /// - Returns: its elements.
    mutating func pack(_ stride: WritableKeyPath<StridedAxis, Int>) -> Int {
        var next = 1
        func pack(_ group: inout [StridedAxis]) {
            for i in group.indices.reversed() where group[i][keyPath: stride] != 0 {
                group[i][keyPath: stride] = next
                next *= group[i].extent
            }
        }
        pack(&columns)
        pack(&inner)
        pack(&rows)
        pack(&batch)
        return next
    }
}
