/// Y[c] = the mean of channel c over all places of an image, or all steps of a sequence.
///
/// Derivation: Documentation/global-average-pool.md.
/// Source: Lin, Chen & Yan, "Network in network" (2014), section 3.2.
public final class GlobalAveragePool<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
        outputShape = [inputShape.last]
    }

    /// The derivative depends on nothing.
    public var backwardOperandCount: Int { 0 }

    public func prepare(limits: PassLimits) {}

    /// Y[n, c] = Σᵣ X[n, r, c] / R: a chain over the R places in order, then the division.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        average(input, into: output)
    }

    /// dX[n, r, c] = dY[n, c] / R.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        if let inputGradient { spread(outputGradient, into: inputGradient) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func average(_ x: TensorView<Scalar>, into y: TensorView<Scalar>) {
        let (channels, places) = (inputShape.last, inputShape.rowCount)
        let count = Scalar(Double(places))
        for n in 0..<x.rows {
            let y = y.row(n)
            RowReduction.sumRows(x.row(n), 0..<places, width: channels, into: y)
            for c in 0..<channels { y[c] = y[c] / count }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func spread(_ dY: TensorView<Scalar>, into dX: TensorView<Scalar>) {
        let (channels, places) = (inputShape.last, inputShape.rowCount)
        let count = Scalar(Double(places))
        for n in 0..<dX.rows {
            let dY = dY.row(n)
            let first = dX.row(n)
            for c in 0..<channels { first[c] = dY[c] / count }
            for r in 1..<places { (first + r * channels).update(from: first, count: channels) }
        }
    }
}

/// `globalAveragePool`
public struct GlobalAveragePoolDescription: LayerDescription {
    public let kind = "globalAveragePool"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank > 1 else {
            throw ShapeError(layer: name, expected: "[height, width, channels] or [steps, channels]", given: inputShape)
        }
        return GlobalAveragePool(name: name, inputShape: inputShape)
    }
}
