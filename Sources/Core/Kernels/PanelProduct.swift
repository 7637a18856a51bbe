/// The native products of a weight in column panels: tiles of `ProductTile`, cut to any size.
final class PanelProduct<Scalar: VectorScalar>: ProductKernel {
    let inputs: Int
    let outputs: Int
    let rowsPerSample: Int
    private var prepared: ProductWorkspace<Scalar>?

    init(inputs: Int, outputs: Int, rowsPerSample: Int) {
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
    }

    func prepare(limits: PassLimits, keepsWeight: Bool) {
        prepared = ProductWorkspace(
            inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample, limits: limits, keepsWeight: keepsWeight)
    }

    private func workspace(rows: Int) -> ProductWorkspace<Scalar> {
        guard let prepared else { preconditionFailure("a product's gradients before prepare") }
        precondition(rows <= prepared.maximumRows, "prepared for \(prepared.maximumRows) rows, given \(rows)")
        return prepared
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ x: UnsafePointer<Scalar>, xStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>
    ) {
        let panels = PanelMatrix(base: weight, rows: inputs, columns: outputs)
        let packed =
            ProductTiling.packsRows(rows, inputs: inputs, outputs: outputs, of: Scalar.self)
            ? prepared?.roomForRows : nil
        // Packed rows have room for the shorter stretch.
        let depth = packed == nil ? ProductTiling.forwardDepth(inputs: inputs) : ProductTiling.depth
        for k in stride(from: 0, to: inputs, by: depth) {
            Self.multiply(
                x + k, xStride: xStride ?? inputs, rows: rows, panels, k..<min(k + depth, inputs),
                columns: outputs, bias: bias, goesOn: k > 0, into: y, yStride: outputs,
                packed: packed)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func inputGradient(
        _ dY: UnsafePointer<Scalar>, dYStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        weightIsUnchanged: Bool, into dX: UnsafeMutablePointer<Scalar>
    ) {
        let workspace = workspace(rows: rows)
        let isWide = ProductTiling.widensStrips(rows: rows, outputs: outputs, of: Scalar.self)
        let width =
            isWide
            ? ProductTiling.wideStrip : ProductTiling.narrowStrip(inputs: inputs, outputs: outputs, of: Scalar.self)
        // Strips that all have room stay for the next call; otherwise each takes the place of the one before.
        let staysPacked = !isWide && ProductTiling.packedCount(inputs) * outputs <= workspace.roomForColumns
        let isPacked = staysPacked && weightIsUnchanged && workspace.holdsWeight
        for i in stride(from: 0, to: inputs, by: width) {
            let columns = min(width, inputs - i)
            let packedColumns = ProductTiling.packedCount(columns)
            for k in stride(from: 0, to: outputs, by: ProductTiling.depth) {
                let strip = workspace.packed.base + (staysPacked ? i * outputs + k * packedColumns : 0)
                let outputs = k..<min(k + ProductTiling.depth, outputs)
                if !isPacked {
                    PanelMatrix(base: weight, rows: inputs, columns: self.outputs)
                        .packTransposed(rows: i..<(i + columns), columns: outputs, into: strip)
                }
                let panels = PanelMatrix(base: UnsafePointer(strip), rows: outputs.count, columns: packedColumns)
                Self.multiply(
                    dY + k, xStride: dYStride ?? self.outputs, rows: rows, panels, 0..<outputs.count, columns: columns,
                    bias: nil, goesOn: k > 0, into: dX + i, yStride: inputs,
                    packed: isWide ? workspace.roomForRows : nil)
            }
        }
        workspace.holdsWeight = staysPacked
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let workspace = plan(layout, root: root)
        if workspace.schedule.count == 0 { return }
        if cutsWeight(workspace) {
            gradientInBlocks(x, dY, rows: layout.rows * rowsPerSample, workspace, into: dW)
        } else {
            gradientInStrips(
                x, dY, rows: layout.rows * rowsPerSample, workspace, into: dW, alongside: nil)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>, alongside other: any ProductKernel<Scalar>,
        _ otherX: UnsafePointer<Scalar>, into otherDW: UnsafeMutablePointer<Scalar>
    ) {
        guard let panels = other as? PanelProduct<Scalar> else {
            weightGradient(x, dY, layout: layout, root: root, into: dW)
            return other.weightGradient(otherX, dY, layout: layout, root: root, into: otherDW)
        }
        let (workspace, otherWorkspace) = (plan(layout, root: root), panels.plan(layout, root: root))
        if workspace.schedule.count == 0 { return }
        if cutsWeight(workspace) || panels.cutsWeight(otherWorkspace) {
            weightGradient(x, dY, layout: layout, root: root, into: dW)
            return panels.weightGradient(otherX, dY, layout: layout, root: root, into: otherDW)
        }
        let task = GradientTask(product: panels, x: otherX, workspace: otherWorkspace, dW: otherDW)
        gradientInStrips(
            x, dY, rows: layout.rows * rowsPerSample, workspace, into: dW, alongside: task)
    }

    /// Lays out the shards of a weight gradient.
    private func plan(_ layout: ShardLayout, root: Int) -> ProductWorkspace<Scalar> {
        let workspace = workspace(rows: layout.rows * rowsPerSample)
        workspace.holdsWeight = false
        workspace.schedule.plan(layout, root: root, rowsPerSample: rowsPerSample)
        return workspace
    }

    private func cutsWeight(_ workspace: ProductWorkspace<Scalar>) -> Bool {
        ProductTiling.cutsWeight(
            rows: workspace.schedule.rows, inputs: inputs, shards: workspace.schedule.count, of: Scalar.self)
    }
}
