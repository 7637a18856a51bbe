import Core

/// A loss driven with arrays.
final class TestLoss<Scalar: TrainingScalar> {
    let loss: any Loss<Scalar>
    private let outputShape: Shape
    private let context: PassContext
    private let predictions: AlignedBuffer<Scalar>
    private let classes: AlignedBuffer<Int32>
    private let values: AlignedBuffer<Scalar>

    convenience init(
        _ description: any LossDescription, outputs: Int, rowCounts: [Int], roots: [Range<Int>]? = nil
    ) throws {
        try self.init(description, outputShape: [outputs], rowCounts: rowCounts, roots: roots)
    }

    init(
        _ description: any LossDescription, outputShape: Shape, rowCounts: [Int], roots: [Range<Int>]? = nil
    ) throws {
        let layout = ShardLayout(rowCounts: rowCounts, roots: roots ?? [0..<rowCounts.count])
        self.outputShape = outputShape
        loss = try description.makeLoss(outputShape: outputShape, scalar: Scalar.self)
        loss.prepare(limits: PassLimits(rows: layout.rows, shards: layout.shardCount, roots: layout.roots.count))
        context = PassContext(
            mode: .training, seed: 1, step: 0, globalRows: layout.rows, firstPosition: 0, shards: layout,
            batchReduction: roots == nil ? SingleBatchReduction() : TreeBatchReduction())
        predictions = AlignedBuffer(count: layout.rows * outputShape.elementCount)
        classes = AlignedBuffer(count: layout.rows * outputShape.rowCount)
        values = AlignedBuffer(count: layout.rows * outputShape.elementCount)
    }

    private func view(_ buffer: AlignedBuffer<Scalar>) -> TensorView<Scalar> {
        TensorView(base: buffer.base, rows: context.globalRows, sampleShape: outputShape)
    }

    func forward(_ z: [Double], classes targets: [Int32]) -> BatchMetrics<Scalar.Accumulator> {
        for (i, value) in z.enumerated() { predictions[i] = Scalar(value) }
        for (n, target) in targets.enumerated() { classes[n] = target }
        loss.forward(view(predictions), targets: .classes(classes.base), context: context)
        return loss.metrics(context)
    }

    func forward(_ z: [Double], values targets: [Double]) -> BatchMetrics<Scalar.Accumulator> {
        for (i, value) in z.enumerated() { predictions[i] = Scalar(value) }
        for (i, value) in targets.enumerated() { values[i] = Scalar(value) }
        loss.forward(view(predictions), targets: .values(values.base), context: context)
        return loss.metrics(context)
    }

    func gradient() -> [Scalar] {
        let gradient = AlignedBuffer<Scalar>(count: predictions.count)
        loss.backward(into: view(gradient), context: context)
        return Array(gradient.elements)
    }

    var rowLosses: [Scalar] { (0..<context.globalRows).map { loss.rowLosses[$0] } }
}
