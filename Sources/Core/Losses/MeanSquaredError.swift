/// L = Σ (Y − T)² / K: the mean over a row's K outputs; over the batch the mean over all outputs of all rows, which is
/// PyTorch's `reduction='mean'`.
///
/// A class in place of target values means its one-hot row; where the outputs are [..., classes], one at each place.
/// Derivation: Documentation/mean-squared-error.md.
public final class MeanSquaredError<Scalar: TrainingScalar>: Loss {
    private let outputShape: Shape
    private var rows: LossRows<Scalar>?
    /// Y − T of the last forward pass, [N, K], for the gradient.
    private var differences: AlignedBuffer<Scalar>?

    fileprivate init(outputShape: Shape) {
        self.outputShape = outputShape
    }

    public func prepare(limits: PassLimits) {
        rows = LossRows(limits: limits, places: outputShape.rowCount)
        differences = AlignedBuffer(count: limits.rows * outputShape.elementCount)
    }

    public var rowLosses: UnsafePointer<Scalar> {
        guard let rows else { fatalError("meanSquaredError: used before prepare") }
        return UnsafePointer(rows.losses)
    }

    /// L[n] = Σ (Y[n, k] − T[n, k])² / K.
    public func forward(_ predictions: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext) {
        guard let rows, let differences else { fatalError("meanSquaredError: used before prepare") }
        require(
            predictions.sampleShape == outputShape,
            "meanSquaredError: expected predictions of shape \(outputShape), given \(predictions.sampleShape)")
        rows.expect(predictions.rows, of: "meanSquaredError")
        score(predictions, targets, differences.base, rows)
    }

    public func metrics(_ context: PassContext) -> BatchMetrics<Scalar.Accumulator> {
        guard let rows else { fatalError("meanSquaredError: used before prepare") }
        return rows.reduce(context)
    }

    /// dY = 2·(Y − T) / (K·n) over the n rows of the global batch.
    public func backward(into gradient: TensorView<Scalar>, context: PassContext) {
        guard let differences else { fatalError("meanSquaredError: backward before forward") }
        require(
            gradient.sampleShape == outputShape,
            "meanSquaredError: expected a gradient of shape \(outputShape), given \(gradient.sampleShape)")
        let outputs = Double(outputShape.elementCount)
        differentiate(differences.base, into: gradient, scale: Scalar(2 / (outputs * Double(context.globalRows))))
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func score(
        _ predictions: TensorView<Scalar>, _ targets: Targets<Scalar>, _ differences: UnsafeMutablePointer<Scalar>,
        _ rows: LossRows<Scalar>
    ) {
        let outputs = predictions.width
        let classes = outputShape.last
        let share = Scalar(1 / Double(outputs))
        for n in 0..<predictions.rows {
            let y = predictions.row(n)
            let d = differences + n * outputs
            switch targets {
            case .classes(let classOf):
                for k in 0..<outputs { d[k] = y[k] }
                for p in 0..<rows.places {
                    let place = n * rows.places + p
                    let target = rows.index(classOf[place], place: place, classes: classes)
                    let output = p * classes + target
                    d[output] = y[output] - Scalar.one
                    rows.correct[place] = LossRows.isFirstLargest(target, of: y + p * classes, count: classes)
                }
            case .values(let values):
                let t = values + n * outputs
                for k in 0..<outputs { d[k] = y[k] - t[k] }
                for place in (n..<(n + 1)).rows(each: rows.places) { rows.correct[place] = false }
            }
            rows.losses[n] = RowReduction.dot(d, d, count: outputs) * share
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(_ d: UnsafePointer<Scalar>, into gradient: TensorView<Scalar>, scale: Scalar) {
        let dY = gradient.base
        for i in 0..<gradient.count { dY[i] = d[i] * scale }
    }
}

/// `loss: meanSquaredError`
public struct MeanSquaredErrorDescription: LossDescription {
    public let kind = "meanSquaredError"

    public init() {}

    public func makeLoss<Scalar: TrainingScalar>(
        outputShape: Shape, scalar: Scalar.Type
    ) throws(ShapeError) -> any Loss<Scalar> {
        MeanSquaredError<Scalar>(outputShape: outputShape)
    }
}
