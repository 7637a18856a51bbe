/// Inverted dropout: in training each element is kept with probability 1 − p and then divided by it, so that inference is
/// the identity.
///
/// Whether an element is kept depends on (seed, step, position in the epoch, feature, layer) alone: a run of Philox with no
/// state, the same mask whoever computes it.
/// Derivation: Documentation/dropout.md.
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014), section 10.
public final class Dropout<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    /// p, the probability that an element is dropped.
    public let rate: Double

    /// The mask is all that the backward pass needs.
    public var needsOutput: Bool { false }
    public var worksInPlace: Bool { true }

    private let ordinal: Int
    private let dropoutMask: DropoutMask<Scalar>
    /// The random word of every element of the last training pass, for dX.
    private var words: AlignedBuffer<UInt32>?

    fileprivate init(name: String, ordinal: Int, inputShape: Shape, rate: Double) {
        self.name = name
        self.ordinal = ordinal
        self.inputShape = inputShape
        self.rate = rate
        dropoutMask = DropoutMask(rate: rate)
    }

    public func prepare(limits: PassLimits) {
        words = AlignedBuffer(count: limits.rows * inputShape.elementCount, kind: .activations)
    }

    /// Training: Y = X / (1 − p) where kept, else +0. Inference: Y = X.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        if isIdentity(context) {
            if output.base != input.base { output.base.update(from: input.base, count: input.count) }
        } else {
            draw(rows: input.rows, context: context)
            mask(input, into: output)
        }
    }

    /// Training: dX = dY / (1 − p) where kept, else +0. Inference: dX = dY.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let inputGradient else { return }
        if isIdentity(context) {
            inputGradient.base.update(from: outputGradient.base, count: outputGradient.count)
        } else {
            mask(outputGradient, into: inputGradient)
        }
    }

    private func isIdentity(_ context: PassContext) -> Bool { context.mode == .inference || rate == 0 }

    /// Fills `words`: word f mod 4 of block f / 4 of the row's position in the epoch.
    private func draw(rows: Int, context: PassContext) {
        guard let words else { fatalError("layer \(name): used before prepare") }
        let width = inputShape.elementCount
        require(rows * width <= words.count, "layer \(name): prepared for fewer rows than the \(rows) given")
        for n in 0..<rows {
            Philox.fill(
                words.base + n * width, count: width, key: context.seed, position: context.firstPosition + n,
                step: context.step, purpose: .dropout, ordinal: ordinal)
        }
    }

    private func mask(_ source: TensorView<Scalar>, into target: TensorView<Scalar>) {
        guard let words else { fatalError("layer \(name): used before prepare") }
        dropoutMask.apply(words.base, to: source.base, into: target.base, count: source.count)
    }
}

/// `{dropout: 0.2}` or `{dropout: {rate: 0.2}}`
public struct DropoutDescription: LayerDescription {
    public let kind = "dropout"
    /// The probability that an element is dropped, in [0, 1).
    public let rate: Double

    public init(rate: Double) {
        require(rate >= 0 && rate < 1, "a dropout rate of \(rate); it must be at least 0 and below 1")
        self.rate = rate
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Dropout(name: name, ordinal: ordinal, inputShape: inputShape, rate: rate)
    }
}
