/// L = −log p[target], p = softmax(Z): softmax and cross-entropy as one stable step from the logits Z.
///
/// Outputs [..., classes] have P places, as the steps of a sequence, each with a class of its own; a row's loss is the mean
/// over its places. Target values in place of a class are taken as a distribution t over the classes: L = −Σ t·log p.
/// Derivation: Documentation/softmax-cross-entropy.md.
public final class SoftmaxCrossEntropy<Scalar: TrainingScalar>: Loss {
    private let outputShape: Shape
    private var rows: LossRows<Scalar>?
    /// p of the last forward pass, [N, P, C], for the gradient.
    private var probabilities: AlignedBuffer<Scalar>?
    /// The losses of one row's places, [P].
    private var placeLosses: AlignedBuffer<Scalar>?
    private var targets: Targets<Scalar>?

    fileprivate init(outputShape: Shape) {
        self.outputShape = outputShape
    }

    public func prepare(limits: PassLimits) {
        rows = LossRows(limits: limits, places: outputShape.rowCount)
        placeLosses = AlignedBuffer(count: outputShape.rowCount)
        probabilities = AlignedBuffer(count: limits.rows * outputShape.elementCount)
    }

    public var rowLosses: UnsafePointer<Scalar> {
        guard let rows else { fatalError("softmaxCrossEntropy: used before prepare") }
        return UnsafePointer(rows.losses)
    }

    /// L[n] = mean over p of log Σ e^(Z[n, p, c] − max) − (Z[n, p, target] − max), max over the place's logits: nothing
    /// overflows, and a large logit loses nothing.
    public func forward(
        _ predictions: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext
    ) -> BatchMetrics<Scalar.Accumulator> {
        guard let rows, let probabilities, let placeLosses else {
            fatalError("softmaxCrossEntropy: used before prepare")
        }
        require(
            predictions.sampleShape == outputShape,
            "softmaxCrossEntropy: expected predictions of shape \(outputShape), given \(predictions.sampleShape)")
        rows.expect(predictions.rows, of: "softmaxCrossEntropy")
        self.targets = targets
        score(predictions, targets, probabilities.base, placeLosses.base, rows)
        return rows.reduce(context)
    }

    /// dZ = (p − y) / (n·P) over the n rows of the global batch, y one-hot; of a distribution: (p·Σt − t) / (n·P).
    public func backward(into gradient: TensorView<Scalar>, context: PassContext) {
        guard let targets, let probabilities else {
            fatalError("softmaxCrossEntropy: backward before forward")
        }
        require(
            gradient.sampleShape == outputShape,
            "softmaxCrossEntropy: expected a gradient of shape \(outputShape), given \(gradient.sampleShape)")
        let places = Double(outputShape.rowCount)
        differentiate(
            probabilities.base, targets, into: gradient, scale: Scalar(1 / (places * Double(context.globalRows))))
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func score(
        _ predictions: TensorView<Scalar>, _ targets: Targets<Scalar>, _ probabilities: UnsafeMutablePointer<Scalar>,
        _ placeLosses: UnsafeMutablePointer<Scalar>, _ rows: LossRows<Scalar>
    ) {
        let classes = outputShape.last
        let places = rows.places
        let share = Scalar(1 / Double(places))
        for n in 0..<predictions.rows {
            for place in (n * places)..<((n + 1) * places) {
                let z = predictions.base + place * classes
                let p = probabilities + place * classes
                let largest = RowReduction.maximum(z, count: classes)
                // The target's share of the loss.
                let weight: Scalar
                let chosen: Scalar
                switch targets {
                case .classes(let classOf):
                    weight = .one
                    chosen = z[rows.index(classOf[place], place: place, classes: classes)] - largest
                    rows.correct[place] = LossRows.isFirstLargest(Int(classOf[place]), of: z, count: classes)
                case .values(let values):
                    weight = RowReduction.sum(values + place * classes, count: classes)
                    for c in 0..<classes { p[c] = z[c] - largest }
                    chosen = RowReduction.dot(values + place * classes, p, count: classes)
                    rows.correct[place] = false
                }
                for c in 0..<classes { p[c] = Scalar.exp(z[c] - largest) }
                let sum = RowReduction.sum(p, count: classes)
                for c in 0..<classes { p[c] = p[c] / sum }
                placeLosses[place - n * places] = weight * Scalar.log(sum) - chosen
            }
            rows.losses[n] =
                places == 1 ? placeLosses[0] : RowReduction.sum(placeLosses, count: places) * share
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ probabilities: UnsafePointer<Scalar>, _ targets: Targets<Scalar>, into gradient: TensorView<Scalar>,
        scale: Scalar
    ) {
        let classes = outputShape.last
        for place in (0..<gradient.rows).rows(each: outputShape.rowCount) {
            let p = probabilities + place * classes
            let dz = gradient.base + place * classes
            switch targets {
            case .classes(let classOf):
                for c in 0..<classes { dz[c] = p[c] * scale }
                let target = Int(classOf[place])
                dz[target] = (p[target] - Scalar.one) * scale
            case .values(let values):
                let t = values + place * classes
                let weight = RowReduction.sum(t, count: classes)
                for c in 0..<classes { dz[c] = Scalar.multiplyAdd(p[c], weight, -t[c]) * scale }
            }
        }
    }
}

/// `loss: softmaxCrossEntropy`
public struct SoftmaxCrossEntropyDescription: LossDescription {
    public let kind = "softmaxCrossEntropy"

    public init() {}

    public func makeLoss<Scalar: TrainingScalar>(
        outputShape: Shape, scalar: Scalar.Type
    ) throws(ShapeError) -> any Loss<Scalar> {
        guard outputShape.rank >= 1 else {
            throw ShapeError(layer: kind, expected: "[…, classes]", given: outputShape)
        }
        return SoftmaxCrossEntropy<Scalar>(outputShape: outputShape)
    }
}
