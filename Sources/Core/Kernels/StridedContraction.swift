/// C = Σ A·B over all axes that C does not have, lowered once.
///
/// An axis is known by which tensors have it. Rows are A's and C's, columns B's and C's, inner axes A's and B's; what all
/// three have is a batch. Where there are rows, columns and inner axes, each of the batch is a matrix product
/// (`StridedProduct`); otherwise the whole is loops (`StridedLoops`). A tensor that does not lie as the product wants it goes
/// through memory of its own, and so does what only one tensor has: an operand is summed along it on the way in, a result
/// repeated on the way out.
/// The order in which the terms of an element are added depends on extents and strides alone.
final class StridedContraction<Scalar: TrainingScalar> {
    /// A tensor on its way to where the core wants it, or back.
    private struct Passage {
        let loops: StridedLoops
        let memory: AlignedBuffer<Scalar>
    }

    /// A batch of matrix products.
    private struct Products {
        let batch: StridedLoops
        let rows: Int
        let depth: Int
        let columns: Int
        let xStride: Int
        let bStride: Int
        let yStride: Int
    }

    private enum Core {
        case loops(StridedLoops, StridedLoops.Combination)
        case products(Products)
    }

    private let core: Core
    /// Whether the second operand has the rows: then the columns are those of C that lie nearest.
    private let isSwapped: Bool
    private let leftPassage: Passage?
    private let rightPassage: Passage?
    private let resultPassage: Passage?
    /// The elements of C, if it has some that no index reaches.
    private let gapCount: Int

    /// - Parameters:
    ///   - axes: every axis is one of some tensor.
    ///   - operands: 1, with no stride in B, or 2.
    ///   - targetCount: the elements of C.
    init(_ axes: [StridedAxis], operands: Int, targetCount: Int) {
        let axes = axes.filter { $0.extent > 1 }
        gapCount = axes.filter { $0.c != 0 }.elementCount == targetCount ? 0 : targetCount
        guard operands == 2 else {
            core = .loops(StridedLoops(axes, targetCount: targetCount), .copy)
            (isSwapped, leftPassage, rightPassage, resultPassage) = (false, nil, nil, nil)
            return
        }
        var groups = ContractionAxes(axes)
        isSwapped = groups.isProduct && groups.swapForColumns()
        let isProduct = groups.isProduct
        leftPassage = Self.operandPassage(&groups, \.a, alone: groups.leftAlone, fits: !isProduct || groups.leftFits)
        rightPassage = Self.operandPassage(&groups, \.b, alone: groups.rightAlone, fits: !isProduct || groups.rightFits)
        resultPassage = Self.resultPassage(&groups, targetCount: targetCount)
        let resultCount = resultPassage?.memory.count ?? targetCount
        if isProduct {
            core = .products(
                Products(
                    batch: StridedLoops(groups.batch, targetCount: groups.batch.elementCount),
                    rows: groups.rows.elementCount, depth: groups.inner.elementCount,
                    columns: groups.columns.elementCount, xStride: groups.rows.mergedStride(\.a)!,
                    bStride: groups.inner.mergedStride(\.b)!, yStride: groups.rows.mergedStride(\.c)!))
        } else {
            core = .loops(
                StridedLoops(groups.all + (resultPassage == nil ? groups.resultAlone : []), targetCount: resultCount),
                .product)
        }
    }

    /// The way of an operand into memory of its own: packed, and summed along the axes that it alone has.
    private static func operandPassage(
        _ groups: inout ContractionAxes, _ stride: WritableKeyPath<StridedAxis, Int>, alone: [StridedAxis], fits: Bool
    ) -> Passage? {
        guard !alone.isEmpty || !fits else { return nil }
        let before = groups.all
        let count = groups.pack(stride)
        let axes = zip(before, groups.all).filter { $0.0[keyPath: stride] != 0 }.map { before, after in
            StridedAxis(extent: before.extent, a: before[keyPath: stride], b: 0, c: after[keyPath: stride])
        }
        let summed = alone.map { StridedAxis(extent: $0.extent, a: $0[keyPath: stride], b: 0, c: 0) }
        return Passage(loops: StridedLoops(axes + summed, targetCount: count), memory: AlignedBuffer(count: count))
    }

    /// The way of the result out of memory of its own: to where it belongs, repeated along the axes that it alone has.
    private static func resultPassage(_ groups: inout ContractionAxes, targetCount: Int) -> Passage? {
        let fits = !groups.isProduct || groups.resultFits
        // Without a sum an element is as soon computed again as copied.
        guard !fits || (!groups.resultAlone.isEmpty && !groups.inner.isEmpty) else { return nil }
        let before = groups.all
        let count = groups.pack(\.c)
        let axes = zip(before, groups.all).filter { $0.0.c != 0 }.map { before, after in
            StridedAxis(extent: before.extent, a: after.c, b: 0, c: before.c)
        }
        return Passage(
            loops: StridedLoops(axes + groups.resultAlone, targetCount: targetCount),
            memory: AlignedBuffer(count: count))
    }

    /// Computes C, assigned, and +0 where no index reaches; with `accumulates` C + that.
    ///
    /// - Parameters:
    ///   - b: not read where there is one operand.
    ///   - reusesRight: B is that of the last run.
    /// - Precondition: 64 bytes behind the last element of A and B are readable.
    /// - Complexity: no allocation.
    func run(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into c: UnsafeMutablePointer<Scalar>,
        accumulates: Bool = false, reusesRight: Bool = false
    ) {
        let left = Self.pass(isSwapped ? b : a, leftPassage, isThere: reusesRight && isSwapped)
        let right = Self.pass(isSwapped ? a : b, rightPassage, isThere: reusesRight && !isSwapped)
        let target = resultPassage?.memory.base ?? c
        let goesOn = accumulates && resultPassage == nil
        switch core {
        case .loops(let loops, let combination):
            loops.run(combination, left, right, into: target, accumulates: goesOn)
        case .products(let products):
            if !goesOn && resultPassage == nil { target.update(repeating: .zero, count: gapCount) }
            products.batch.forEach { x, b, y in
                StridedProduct.multiply(
                    left + x, xStride: products.xStride, rows: products.rows, depth: products.depth, right + b,
                    bStride: products.bStride, columns: products.columns, into: target + y, yStride: products.yStride,
                    accumulates: goesOn)
            }
        }
        resultPassage?.loops.run(.copy, target, target, into: c, accumulates: accumulates)
    }

    private static func pass(
        _ operand: UnsafePointer<Scalar>, _ passage: Passage?, isThere: Bool
    ) -> UnsafePointer<Scalar> {
        guard let passage else { return operand }
        if !isThere { passage.loops.run(.copy, operand, operand, into: passage.memory.base) }
        return UnsafePointer(passage.memory.base)
    }
}
