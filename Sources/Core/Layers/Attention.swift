/// Scaled dot-product attention of a sequence on itself: every step asks (Q), every step answers (K), and what a step gets is
/// the mean of the values (V), weighted by how well the answers fit. In one head, or in several side by side that an output
/// projection joins.
///
/// Derivation: Documentation/attention.md.
/// Source: Vaswani et al., "Attention is all you need" (2017), sections 3.2.1 and 3.2.2.
public final class Attention<Scalar: TrainingScalar>: Layer {
    public let name: String
    /// `[T, C]`.
    public let inputShape: Shape
    /// `[T, D]`.
    public let outputShape: Shape
    public var needsOutput: Bool { false }
    /// The heads, each of d = D / heads features.
    public let heads: Int
    /// Whether a step sees only itself and those before it.
    public let isCausal: Bool
    /// p, the probability that an attention weight is dropped.
    public let dropout: Double

    /// T.
    let steps: Int
    /// How far apart the rows of P and its like are.
    let squareStride: Int
    /// D.
    let width: Int
    /// d.
    let headWidth: Int
    /// 1 / √d.
    let scale: Scalar
    let dropoutMask: DropoutMask<Scalar>

    private let ordinal: Int
    /// What X is multiplied with thrice, [C, D].
    private let inputProduct: MatrixProduct<Scalar>
    private let queryProjection: Projection<Scalar>
    private let keyProjection: Projection<Scalar>
    private let valueProjection: Projection<Scalar>
    private let outputProduct: MatrixProduct<Scalar>
    /// Nil where O is the output.
    private let outputProjection: Projection<Scalar>?

    /// X of the last forward pass, for the weights' gradients.
    private var input: TensorView<Scalar>?
    private var memory: AttentionMemory<Scalar>?

    /// - Precondition: `inputShape` is `[T, C]`, and `heads` divides `width`.
    init(
        name: String, ordinal: Int, inputShape: Shape, width: Int, heads: Int, hasOutputProjection: Bool,
        options: AttentionOptions, arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.ordinal = ordinal
        self.inputShape = inputShape
        self.heads = heads
        self.width = width
        steps = inputShape.rowCount
        squareStride = AttentionMemory<Scalar>.squareStride(steps: steps)
        outputShape = [steps, width]
        headWidth = width / heads
        scale = Scalar.one / Scalar.squareRoot(Scalar(Double(headWidth)))
        isCausal = options.isCausal
        dropout = options.dropout
        dropoutMask = DropoutMask(rate: options.dropout)
        let inputProduct = MatrixProduct<Scalar>(
            inputs: inputShape.last, outputs: width, rowsPerSample: steps, backend: options.backend)
        let outputProduct = MatrixProduct<Scalar>(
            inputs: width, outputs: width, rowsPerSample: steps, backend: options.backend)
        func projection(_ part: String, _ product: MatrixProduct<Scalar>) -> Projection<Scalar> {
            Projection(
                prefix: "\(name)/\(part)_", product: product, initializer: options.initializer,
                hasBias: options.hasBias,
                arena: arena)
        }
        queryProjection = projection("query", inputProduct)
        keyProjection = projection("key", inputProduct)
        valueProjection = projection("value", inputProduct)
        outputProjection = hasOutputProjection ? projection("output", outputProduct) : nil
        self.inputProduct = inputProduct
        self.outputProduct = outputProduct
    }

    public func prepare(limits: PassLimits) {
        inputProduct.prepare(limits: limits)
        queryProjection.prepare(limits: limits)
        keyProjection.prepare(limits: limits)
        valueProjection.prepare(limits: limits)
        if let outputProjection {
            outputProduct.prepare(limits: limits)
            outputProjection.prepare(limits: limits)
        }
        memory = AttentionMemory(
            steps: steps, features: inputShape.last, width: width, heads: heads,
            hasOutputProjection: outputProjection != nil, drops: dropout > 0, limits: limits)
    }

    private func prepared(samples: Int) -> AttentionMemory<Scalar> {
        guard let memory else { fatalError("layer \(name): used before prepare") }
        require(
            samples <= memory.sampleLimit, "layer \(name): prepared for \(memory.sampleLimit) rows, given \(samples)")
        return memory
    }

    /// Q = X·W_q + b_q, and so K and V;  S = Q·Kᵀ / √d;  P = softmax S, row by row, causally over s ≤ t;  P̃ = dropout P;
    /// O = P̃·V, head by head;  Y = O·W_o + b_o, or O itself.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let memory = prepared(samples: input.rows)
        self.input = input
        let rows = input.rows * steps
        queryProjection.forward(input.base, rows: rows, into: memory.queries.base)
        keyProjection.forward(input.base, rows: rows, into: memory.keys.base)
        valueProjection.forward(input.base, rows: rows, into: memory.values.base)
        let mixed = memory.mixed?.base ?? output.base
        attend(samples: input.rows, memory, into: mixed, context: context)
        outputProjection?.forward(mixed, rows: rows, into: output.base)
    }

    /// dO = dY·W_oᵀ, or dY itself;  dP̃ = dO·Vᵀ;  dV = P̃ᵀ·dO;  dS = P·(dP − Σ dP·P) / √d;  dQ = dS·K;  dK = dSᵀ·Q;
    /// dX = dQ·W_qᵀ + dK·W_kᵀ + dV·W_vᵀ;  of each projection dW = (its input)ᵀ·(its output's gradient), db = Σ of that.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        let samples = outputGradient.rows
        let memory = prepared(samples: samples)
        guard let input else { fatalError("layer \(name): backward before forward") }
        let rows = samples * steps
        var mixedGradient = outputGradient.base
        if let outputProjection, let mixed = memory.mixed, let gradient = memory.mixedGradient {
            outputProjection.parameterGradients(mixed.base, outputGradient.base, context: context)
            outputProjection.inputGradient(outputGradient.base, rows: rows, into: gradient.base)
            mixedGradient = gradient.base
        }
        differentiate(mixedGradient, samples: samples, memory, context: context)
        queryProjection.parameterGradients(input.base, memory.queryGradient.base, context: context)
        keyProjection.parameterGradients(input.base, memory.keyGradient.base, context: context)
        valueProjection.parameterGradients(input.base, memory.valueGradient.base, context: context)
        guard let inputGradient else { return }
        queryProjection.inputGradient(memory.queryGradient.base, rows: rows, into: inputGradient.base)
        keyProjection.inputGradient(memory.keyGradient.base, rows: rows, into: memory.share.base)
        add(memory.share.base, to: inputGradient)
        valueProjection.inputGradient(memory.valueGradient.base, rows: rows, into: memory.share.base)
        add(memory.share.base, to: inputGradient)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func add(_ x: UnsafePointer<Scalar>, to sum: TensorView<Scalar>) {
        let y = sum.base
        for i in 0..<sum.count { y[i] = y[i] + x[i] }
    }

    // MARK: Dropout

    /// The random words of the attention weights of sample `sample`, [heads, T, T]; nil where nothing is dropped.
    ///
    /// The word of weight (head, t, s) is that of feature (head·T + t)·T + s at the sample's position in the epoch. Both
    /// passes draw it: a sample's words are as many as its weights, and drawing them is cheaper than keeping all.
    func words(of sample: Int, _ memory: AttentionMemory<Scalar>, _ context: PassContext) -> UnsafePointer<UInt32>? {
        guard context.mode == .training, let words = memory.words else { return nil }
        Philox.fill(
            words.base, count: words.count, key: context.seed, position: context.firstPosition + sample,
            step: context.step, purpose: .dropout, ordinal: ordinal)
        return UnsafePointer(words.base)
    }
}
