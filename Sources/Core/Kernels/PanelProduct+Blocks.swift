extension PanelProduct {
    /// dW block by block, for weights and batches that no cache holds: X's columns are turned into rows that lie close
    /// together, and a block's finished subtrees stay in the second-level cache.
    ///
    /// The chain of an element goes on through the block where a shard has more than `ProductTiling.shardDepth` rows.
    @inline(__always)
    func gradientInBlocks(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, rows: Int, _ workspace: ProductWorkspace<Scalar>,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let (width, height) = (ProductTiling.blockColumns, ProductTiling.blockRows)
        for strip in stride(from: 0, to: outputs, by: width) {
            let columns = strip..<min(strip + width, outputs)
            packColumns(dY, rows: rows, columns: columns, into: workspace.packed.base)
            let panels = PanelMatrix(base: UnsafePointer(workspace.packed.base), rows: rows, columns: width)
            for first in stride(from: 0, to: inputs, by: height) {
                let blockRows = first..<min(first + height, inputs)
                gradient(x, panels, blockRows, columns: columns.count, workspace)
                storeBlock(workspace.blocks.base, rows: blockRows, columns: columns, into: dW)
            }
        }
    }

    /// One block of dW, row-major, at the bottom of the stack of blocks.
    @inline(__always)
    private func gradient(
        _ x: UnsafePointer<Scalar>, _ panels: PanelMatrix<Scalar>, _ block: Range<Int>, columns: Int,
        _ workspace: ProductWorkspace<Scalar>
    ) {
        let width = ProductTiling.blockColumns
        let size = ProductTiling.blockRows * width
        // Whole vectors: what is packed beside the last column is zero.
        let columns = (columns + Scalar.laneCount - 1) & ~(Scalar.laneCount - 1)
        for index in 0..<workspace.schedule.count {
            let leaf = workspace.schedule.leaves[index]
            var sums = workspace.blocks.base + (leaf.level + leaf.merges - ShardSchedule.firstLevel) * size
            for k in stride(from: 0, to: leaf.count, by: ProductTiling.shardDepth) {
                let depth = min(ProductTiling.shardDepth, leaf.count - k)
                let packedStride = ProductTiling.packedStride(depth: depth, of: Scalar.self)
                packInputColumns(
                    x + (leaf.firstRow + k) * inputs, block, depth: depth, into: workspace.packedRows.base,
                    stride: packedStride)
                Self.multiply(
                    UnsafePointer(workspace.packedRows.base), xStride: packedStride, rows: block.count, panels,
                    (leaf.firstRow + k)..<(leaf.firstRow + k + depth), columns: columns, bias: nil, goesOn: k > 0,
                    into: sums,
                    yStride: width, packed: nil)
            }
            for _ in 0..<leaf.merges {
                let left = sums - size
                for i in stride(from: 0, to: block.count * width, by: Scalar.laneCount) {
                    let merged = Scalar.add(
                        Scalar.load(UnsafePointer(left + i)), Scalar.load(UnsafePointer(sums + i)))
                    Scalar.store(merged, left + i)
                }
                sums = left
            }
        }
    }

    /// Copies a block, row-major, into dW's panels.
    @inline(__always)
    private func storeBlock(
        _ block: UnsafePointer<Scalar>, rows: Range<Int>, columns: Range<Int>, into dW: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
            let panelWidth = min(width, outputs - column)
            var target = dW + (column * inputs + rows.lowerBound * panelWidth)
            var source = block + (column - columns.lowerBound)
            for _ in rows {
                Scalar.copyRow(source, count: panelWidth, into: target)
                source += ProductTiling.blockColumns
                target += panelWidth
            }
        }
    }
}
