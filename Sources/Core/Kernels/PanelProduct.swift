/// The native products of a weight in column panels: tiles of `ProductTile`, cut to any size.
final class PanelProduct<Scalar: VectorScalar>: ProductKernel {
    let inputs: Int
    let outputs: Int
    private let rowsPerSample: Int
    private var prepared: ProductWorkspace<Scalar>?

    init(inputs: Int, outputs: Int, rowsPerSample: Int) {
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
    }

    func prepare(limits: PassLimits) {
        prepared = ProductWorkspace(
            inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample, limits: limits)
    }

    private func workspace(rows: Int) -> ProductWorkspace<Scalar> {
        guard let prepared else { preconditionFailure("a product's gradients before prepare") }
        precondition(rows <= prepared.maximumRows, "prepared for \(prepared.maximumRows) rows, given \(rows)")
        return prepared
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ x: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        let panels = PanelMatrix(base: weight, rows: inputs, columns: outputs)
        Self.multiply(x, rows: rows, panels, columns: outputs, bias: bias, into: y, yStride: outputs)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func inputGradient(
        _ dY: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>
    ) {
        let packed = workspace(rows: rows).packed.base
        let panels = PanelMatrix(base: UnsafePointer(packed), rows: outputs, columns: ProductTiling.stripWidth)
        for i in stride(from: 0, to: inputs, by: ProductTiling.stripWidth) {
            packTransposed(weight, firstRow: i, into: packed)
            Self.multiply(
                dY, rows: rows, panels, columns: min(ProductTiling.stripWidth, inputs - i), bias: nil, into: dX + i,
                yStride: inputs)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let rows = layout.rows * rowsPerSample
        let workspace = workspace(rows: rows)
        workspace.schedule.plan(layout, root: root, rowsPerSample: rowsPerSample, inputs: inputs)
        if workspace.schedule.count == 0 { return }
        let width = ParameterLayout.panelWidth
        for strip in stride(from: 0, to: outputs, by: ProductTiling.stripWidth) {
            packColumns(dY, rows: rows, firstColumn: strip, into: workspace.packed.base)
            let panels = PanelMatrix(
                base: UnsafePointer(workspace.packed.base), rows: rows, columns: ProductTiling.stripWidth)
            let end = min(strip + ProductTiling.stripWidth, outputs)
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
            x: x, inputs: inputs, dY: panels.group(column: column - strip, group),
            dW: target.group(column: column, group), schedule: workspace.schedule, stack: workspace.stack.base
        ).cut(rows: inputs)
    }

    /// Y[:, 0 ..< columns] = bias + X·panels, in blocks of k that keep a panel's part in the caches, the chains going on
    /// through Y; and in as many rows as keep their part of X there while all panels pass by.
    @inline(__always)
    private static func multiply(
        _ x: UnsafePointer<Scalar>, rows: Int, _ panels: PanelMatrix<Scalar>, columns: Int,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        for k in stride(from: 0, to: panels.rows, by: ProductTiling.depth) {
            let depth = min(ProductTiling.depth, panels.rows - k)
            let block = max(ProductTiling.rows, ProductTiling.bytesOfRows / (depth * MemoryLayout<Scalar>.stride))
            for row in stride(from: 0, to: rows, by: block) {
                Self.multiply(
                    x + row * panels.rows, rows: min(block, rows - row), panels, k..<(k + depth), columns: columns,
                    bias: bias, into: y + row * yStride, yStride: yStride)
            }
        }
    }

    /// One block of k and of rows.
    @inline(__always)
    private static func multiply(
        _ x: UnsafePointer<Scalar>, rows: Int, _ panels: PanelMatrix<Scalar>, _ k: Range<Int>, columns: Int,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        let whole = columns & ~(ParameterLayout.panelWidth - 1)
        var column = 0
        while column < columns {
            if ProductTiling.isWide && column &+ 3 &* Scalar.laneCount <= whole {
                multiply(
                    x, rows: rows, panels, k, column: column, VectorCount<3>(), lanes: Scalar.laneCount, bias: bias,
                    into: y, yStride: yStride)
                column &+= 3 &* Scalar.laneCount
            } else {
                multiply(
                    x, rows: rows, panels, k, column: column, VectorCount<1>(),
                    lanes: min(Scalar.laneCount, columns &- column), bias: bias, into: y, yStride: yStride)
                column &+= Scalar.laneCount
            }
        }
    }

    /// One group of columns.
    @inline(__always)
    private static func multiply<let vectors: Int>(
        _ x: UnsafePointer<Scalar>, rows: Int, _ panels: PanelMatrix<Scalar>, _ k: Range<Int>, column: Int,
        _ group: VectorCount<vectors>, lanes: Int, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        var start = InlineArray<vectors, Scalar.Vector>(repeating: Scalar.Vector())
        if let bias {
            for v in 0..<vectors {
                start[unchecked: v] = Scalar.load(bias + (column &+ v &* Scalar.laneCount), count: lanes)
            }
        }
        var columns = panels.group(column: column, group)
        let wStride = panels.stride(column: column)
        for v in 0..<vectors { columns[unchecked: v] += k.lowerBound &* wStride }
        RowTiles(
            x: x + k.lowerBound, xStride: panels.rows, columns: columns, wStride: wStride, count: k.count,
            start: k.lowerBound == 0 ? start : nil, y: y + column, yStride: yStride, lanes: lanes
        ).cut(rows: rows)
    }
}

/// Tiles of rows of Y, all of one group of columns.
struct RowTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let columns: InlineArray<vectors, UnsafePointer<Scalar>>
    let wStride: Int
    let count: Int
    let start: InlineArray<vectors, Scalar.Vector>?
    let y: UnsafeMutablePointer<Scalar>
    let yStride: Int
    let lanes: Int

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let row = first &+ tile &* height
            ProductTile<height, vectors, Scalar>.rowsTimesColumns(
                x + row &* xStride, xStride: xStride, columns, wStride: wStride, count: count, start: start,
                into: y + row &* yStride, yStride: yStride, lanes: lanes)
            tile &+= 1
        }
    }
}

/// Tiles of rows of dW, all of one group of columns.
private struct GradientTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let x: UnsafePointer<Scalar>
    let inputs: Int
    let dY: InlineArray<vectors, UnsafePointer<Scalar>>
    let dW: InlineArray<vectors, UnsafePointer<Scalar>>
    let schedule: ShardSchedule
    let stack: UnsafeMutablePointer<Scalar>

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var targets = InlineArray<vectors, UnsafeMutablePointer<Scalar>>(repeating: stack)
        for v in 0..<vectors {
            targets[unchecked: v] =
                UnsafeMutablePointer(mutating: dW[unchecked: v]) + first &* ParameterLayout.panelWidth
        }
        ProductTile<height, vectors, Scalar>.weightGradient(
            x + first, xStride: inputs, dY, schedule: schedule, stack: stack, into: targets,
            tiles: tiles)
    }
}
