extension PanelProduct {
    /// dW strip by strip of its columns, all shards of a tile one after the other in registers: X's rows come from where
    /// they lie.
    @inline(__always)
    func gradientInStrips(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, rows: Int, _ workspace: ProductWorkspace<Scalar>,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        for strip in stride(from: 0, to: outputs, by: ProductTiling.stripWidth) {
            let end = min(strip + ProductTiling.stripWidth, outputs)
            packColumns(dY, rows: rows, columns: strip..<end, into: workspace.packed.base)
            let panels = PanelMatrix(
                base: UnsafePointer(workspace.packed.base), rows: rows, columns: ProductTiling.stripWidth)
            let wholeEnd = end / width * width
            // Columns that share the weight's panels lie in dW; those of a narrower last panel are widened, then copied.
            var column = strip
            while column < wholeEnd {
                if ProductTiling.isWide && column + 3 * Scalar.laneCount <= wholeEnd {
                    gradient(x, panels, strip, column, VectorCount<3>(), workspace, dW)
                    column += 3 * Scalar.laneCount
                } else {
                    gradient(x, panels, strip, column, VectorCount<1>(), workspace, dW)
                    column += Scalar.laneCount
                }
            }
            if wholeEnd < end {
                let last = workspace.lastPanel.base
                while column < end {
                    gradient(x, panels, strip, column, VectorCount<1>(), workspace, last - wholeEnd * inputs)
                    column += Scalar.laneCount
                }
                copyLastPanel(last, into: dW + wholeEnd * inputs)
            }
        }
    }

    /// dW's rows of one group of columns.
    @inline(__always)
    private func gradient<let vectors: Int>(
        _ x: UnsafePointer<Scalar>, _ panels: PanelMatrix<Scalar>, _ strip: Int, _ column: Int,
        _ group: VectorCount<vectors>, _ workspace: ProductWorkspace<Scalar>, _ dW: UnsafeMutablePointer<Scalar>
    ) {
        let target = PanelMatrix(base: UnsafePointer(dW), rows: inputs, columns: outputs)
        GradientTiles(
            x: x, xStride: inputs, dY: panels.group(column: column - strip, group), step: ParameterLayout.panelWidth,
            dW: target.group(column: column, group), schedule: workspace.schedule, stack: workspace.stack.base
        ).cut(rows: inputs)
    }
}

/// Tiles of rows of dW, all of one group of columns.
private struct GradientTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let dY: InlineArray<vectors, UnsafePointer<Scalar>>
    let step: Int
    let dW: InlineArray<vectors, UnsafePointer<Scalar>>
    let schedule: ShardSchedule
    let stack: UnsafeMutablePointer<Scalar>

    @inline(__always)
    var maximumHeight: Int { ProductTiling.gradientRows(vectors: vectors) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var targets = InlineArray<vectors, UnsafeMutablePointer<Scalar>>(repeating: stack)
        for v in 0..<vectors {
            targets[unchecked: v] =
                UnsafeMutablePointer(mutating: dW[unchecked: v]) + first &* ParameterLayout.panelWidth
        }
        ProductTile<height, vectors, Scalar>.weightGradient(
            x + first, xStride: xStride, dY, step: step, schedule: schedule, stack: stack, into: targets,
            tiles: tiles)
    }
}
