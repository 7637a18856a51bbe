extension PanelProduct {
    /// dW strip by strip of its columns, all shards of a tile one after the other in registers: X's rows come from where
    /// they lie.
    ///
    /// - Parameter other: a product of the same dY, with its X and its dW, which takes the strips as they are packed.
    @inline(__always)
    func gradientInStrips(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, rows: Int, _ workspace: ProductWorkspace<Scalar>,
        into dW: UnsafeMutablePointer<Scalar>, alongside other: GradientTask?
    ) {
        let wholeColumns = outputs & ~(ParameterLayout.panelWidth - 1)
        let stripWidth = ProductTiling.stripWidth(of: Scalar.self)
        for strip in stride(from: 0, to: wholeColumns, by: stripWidth) {
            let columns = strip..<min(strip + stripWidth, wholeColumns)
            // Packed on the way, by the first tile.
            let panels = PanelMatrix(base: UnsafePointer(workspace.packed.base), rows: rows, columns: columns.count)
            gradient(x, panels, from: dY, columns, workspace, into: dW)
            if let other {
                other.product.gradient(other.x, panels, from: nil, columns, other.workspace, into: other.dW)
            }
        }
        if wholeColumns < outputs {
            lastPanelGradient(x, dY, rows: rows, workspace, into: dW + wholeColumns * inputs)
            if let other {
                other.product.lastPanelGradient(
                    other.x, dY, rows: rows, other.workspace, into: other.dW + wholeColumns * other.product.inputs)
            }
        }
    }

    /// dW's columns of one strip.
    ///
    /// - Parameters:
    ///   - panels: the strip's columns of dY, or room for them.
    ///   - dY: what they are packed from; nil where they are.
    @inline(never)
    private func gradient(
        _ x: UnsafePointer<Scalar>, _ panels: PanelMatrix<Scalar>, from dY: UnsafePointer<Scalar>?,
        _ columns: Range<Int>,
        _ workspace: ProductWorkspace<Scalar>, into dW: UnsafeMutablePointer<Scalar>
    ) {
        let target = PanelMatrix(base: UnsafePointer(dW), rows: inputs, columns: outputs)
        let strip = columns.lowerBound
        var column = strip
        while column < columns.upperBound {
            let vectors = (columns.upperBound - column) / Scalar.laneCount
            if ProductTiling.isWide && ProductTiling.halvesPanels(of: Scalar.self) && vectors >= 4 {
                gradient(x, panels, from: dY, strip, column, VectorCount<4>(), workspace, target)
                column += 4 * Scalar.laneCount
            } else if ProductTiling.isWide && vectors >= 3 {
                gradient(x, panels, from: dY, strip, column, VectorCount<3>(), workspace, target)
                column += 3 * Scalar.laneCount
            } else if ProductTiling.isWide && vectors >= 2 {
                gradient(x, panels, from: dY, strip, column, VectorCount<2>(), workspace, target)
                column += 2 * Scalar.laneCount
            } else {
                gradient(x, panels, from: dY, strip, column, VectorCount<1>(), workspace, target)
                column += Scalar.laneCount
            }
        }
    }

    /// dW's rows of one group of columns.
    @inline(__always)
    private func gradient<let vectors: Int>(
        _ x: UnsafePointer<Scalar>, _ panels: PanelMatrix<Scalar>, from dY: UnsafePointer<Scalar>?, _ strip: Int,
        _ column: Int,
        _ group: VectorCount<vectors>, _ workspace: ProductWorkspace<Scalar>, _ target: PanelMatrix<Scalar>
    ) {
        GradientTiles(
            x: x, xStride: inputs, dY: panels.group(column: column - strip, group), step: ParameterLayout.panelWidth,
            source: dY.map { $0 + column }, sourceStep: outputs, dW: target.group(column: column, group),
            schedule: workspace.schedule, stack: workspace.stack.base
        ).cut(rows: inputs)
    }

    /// The last columns of dW, fewer than a panel, [I, columns]: as dWᵀ = dYᵀX, whose vectors are X's, with all lanes in
    /// use. What X has beside its last whole panel is computed as XᵀdY.
    @inline(__always)
    private func lastPanelGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, rows: Int, _ workspace: ProductWorkspace<Scalar>,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        let columns = outputs % width
        let wholeInputs = inputs & ~(width - 1)
        let panel = workspace.lastPanel.base
        let transposed = PanelMatrix(base: UnsafePointer(panel), rows: columns, columns: wholeInputs)
        var input = 0
        while input < wholeInputs {
            if ProductTiling.isWide && input + 2 * Scalar.laneCount <= wholeInputs {
                transposedGradient(x, dY, input, VectorCount<2>(), workspace, transposed)
                input += 2 * Scalar.laneCount
            } else {
                transposedGradient(x, dY, input, VectorCount<1>(), workspace, transposed)
                input += Scalar.laneCount
            }
        }
        copyTransposed(panel, rows: columns, columns: wholeInputs, panel + wholeInputs * width, into: dW)
        if wholeInputs < inputs {
            packColumns(dY, rows: rows, columns: (outputs - columns)..<outputs, into: workspace.packed.base)
            let panels = PanelMatrix(base: UnsafePointer(workspace.packed.base), rows: rows, columns: width)
            let target = PanelMatrix(base: UnsafePointer(panel), rows: width, columns: width)
            for column in stride(from: 0, to: columns, by: Scalar.laneCount) {
                GradientTiles(
                    x: x + wholeInputs, xStride: inputs, dY: panels.group(column: column, VectorCount<1>()),
                    step: width, dW: target.group(column: column, VectorCount<1>()), schedule: workspace.schedule,
                    stack: workspace.stack.base
                ).cut(rows: inputs - wholeInputs)
            }
            for i in wholeInputs..<inputs {
                Scalar.copyRow(panel + (i - wholeInputs) * width, count: columns, into: dW + i * columns)
            }
        }
    }

    /// The last rows of dWᵀ, of one group of columns of X.
    @inline(__always)
    private func transposedGradient<let vectors: Int>(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, _ input: Int, _ group: VectorCount<vectors>,
        _ workspace: ProductWorkspace<Scalar>, _ target: PanelMatrix<Scalar>
    ) {
        var columns = InlineArray<vectors, UnsafePointer<Scalar>>(repeating: x + input)
        for v in 0..<vectors { columns[unchecked: v] += v &* Scalar.laneCount }
        GradientTiles(
            x: dY + (outputs - target.rows), xStride: outputs, dY: columns, step: inputs,
            dW: target.group(column: input, group), schedule: workspace.schedule, stack: workspace.stack.base
        ).cut(rows: target.rows)
    }
}

extension PanelProduct {
    /// A weight gradient that is computed along with another of the same dY.
    struct GradientTask {
        let product: PanelProduct
        let x: UnsafePointer<Scalar>
        let workspace: ProductWorkspace<Scalar>
        let dW: UnsafeMutablePointer<Scalar>
    }
}

/// Tiles of rows of dW, all of one group of columns; or, with dY in place of X and X in place of dY, of its transpose.
private struct GradientTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let dY: InlineArray<vectors, UnsafePointer<Scalar>>
    let step: Int
    /// Where dY's columns lie, if they are not at `dY` yet, and how far apart the rows are there.
    var source: UnsafePointer<Scalar>?
    var sourceStep = 0
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
        // The tiles before these have packed them.
        let packing = source != nil && first == 0
        var sources = InlineArray<vectors, UnsafePointer<Scalar>>(repeating: source ?? x)
        for v in 0..<vectors { sources[unchecked: v] += v &* Scalar.laneCount }
        ProductTile<height, vectors, Scalar>.weightGradient(
            x + first, xStride: xStride, dY, step: step, packing: packing, from: sources, sourceStep: sourceStep,
            schedule: schedule, stack: stack, into: targets,
            tiles: tiles)
    }
}
