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
    public var isIdentity: Bool { rate == 0 }
    /// A byte each says what was kept.
    public var backwardOperandCount: Int { (inputShape.elementCount + 3) / 4 }

    private let ordinal: Int
    private let dropoutMask: DropoutMask<Scalar>
    /// Whether each element was kept in the last training pass, for dX.
    private var kept: AlignedBuffer<UInt8>?
    /// The random words of the rows at hand, or of a part of one; they stay in the first-level cache, and are so many that nobody
    /// waits for the last of them to be written.
    private var words: AlignedBuffer<UInt32>?

    fileprivate init(name: String, ordinal: Int, inputShape: Shape, rate: Double) {
        self.name = name
        self.ordinal = ordinal
        self.inputShape = inputShape
        self.rate = rate
        dropoutMask = DropoutMask(rate: rate)
    }

    public func prepare(limits: PassLimits) {
        guard !isIdentity else { return }
        kept = AlignedBuffer(count: limits.rows * inputShape.elementCount, kind: .activations)
        words = AlignedBuffer(count: 4096)
    }

    /// Training: Y = X / (1 − p) where kept, else +0. Inference: Y = X.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        if changesNothing(context) {
            if output.base != input.base { output.base.update(from: input.base, count: input.count) }
        } else {
            draw(input, into: output, context: context)
        }
    }

    /// Training: dX = dY / (1 − p) where kept, else +0. Inference: dX = dY.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let inputGradient else { return }
        if changesNothing(context) {
            if inputGradient.base != outputGradient.base {
                inputGradient.base.update(from: outputGradient.base, count: outputGradient.count)
            }
        } else {
            guard let kept else { fatalError("layer \(name): backward before prepare") }
            dropoutMask.apply(
                noted: kept.base, to: outputGradient.base, into: inputGradient.base, count: outputGradient.count)
        }
    }

    private func changesNothing(_ context: PassContext) -> Bool { context.mode == .inference || isIdentity }

    /// Computes Y and notes what is kept, some rows at a time: by word f mod 4 of block f / 4 of the row's position in the epoch.
    private func draw(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        guard let kept, let words else { fatalError("layer \(name): used before prepare") }
        let width = inputShape.elementCount
        require(input.count <= kept.count, "layer \(name): prepared for fewer rows than the \(input.rows) given")
        var n = 0
        while n < input.rows {
            let together = max(1, min(words.count / width, input.rows - n))
            for first in stride(from: 0, to: width, by: words.count) {
                let (place, count) = (n * width + first, min(words.count, width - first))
                for row in 0..<together {
                    Philox.fill(
                        words.base + row * count, from: first, count: count, key: context.seed,
                        position: context.firstPosition + n + row, step: context.step, purpose: .dropout,
                        ordinal: ordinal)
                }
                dropoutMask.apply(
                    words.base, to: input.base + place, into: output.base + place, noting: kept.base + place,
                    count: together * count)
            }
            n += together
        }
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
