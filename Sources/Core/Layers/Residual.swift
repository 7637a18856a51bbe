/// Y = F(X) + S(X): a branch of layers F, and a shortcut S around it: the identity unless it has layers of its own.
///
/// Derivation: Documentation/residual.md.
/// Source: He et al., "Deep residual learning for image recognition" (2016), eq. 1 and 2.
public final class Residual<Scalar: TrainingScalar>: ContainerLayer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { branch.outputShape }

    /// The passes of F and S look at no sum.
    public var needsOutput: Bool { false }

    private let branch: LayerChain<Scalar>
    private let shortcut: LayerChain<Scalar>
    /// F(X), where F's last layer needs it unchanged in its backward pass; otherwise it is written where Y goes.
    private var branchOutput: AlignedBuffer<Scalar>?
    /// S(X), and S's share of dX; none where S is the identity.
    private var side: (output: AlignedBuffer<Scalar>, inputGradient: AlignedBuffer<Scalar>)?

    fileprivate init(name: String, branch: LayerChain<Scalar>, shortcut: LayerChain<Scalar>) {
        self.name = name
        inputShape = branch.inputShape
        self.branch = branch
        self.shortcut = shortcut
    }

    public var chains: [(role: String, chain: LayerChain<Scalar>)] { [("branch", branch), ("shortcut", shortcut)] }

    public func prepare(limits: PassLimits) {
        ActivationGradientMemory.takingTurns { branch.prepare(limits: limits) }
        if branch.needsOutput {
            branchOutput = AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activations)
        }
        if !shortcut.layers.isEmpty {
            side = (
                AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activations),
                AlignedBuffer(count: limits.rows * inputShape.elementCount, kind: .activationGradients)
            )
        }
        shortcut.prepare(limits: limits)
    }

    /// Y = F(X) + S(X).
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let f = TensorView(base: branchOutput?.base ?? output.base, rows: input.rows, sampleShape: outputShape)
        branch.forward(input, into: f, context: context)
        guard let side else { return add(f.base, input.base, into: output) }
        shortcut.forward(
            input, into: TensorView(base: side.output.base, rows: input.rows, sampleShape: outputShape),
            context: context)
        add(f.base, side.output.base, into: output)
    }

    /// dX = F's share of dY + S's share of dY: where S is the identity, that is dY itself.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        branch.backward(outputGradient, into: inputGradient, context: context)
        guard let side else {
            if let inputGradient { add(inputGradient.base, outputGradient.base, into: inputGradient) }
            return
        }
        let share = inputGradient.map {
            TensorView(base: side.inputGradient.base, rows: $0.rows, sampleShape: inputShape)
        }
        shortcut.backward(outputGradient, into: share, context: context)
        if let share, let inputGradient { add(inputGradient.base, share.base, into: inputGradient) }
    }

    private func add(_ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into sum: TensorView<Scalar>) {
        Elementwise.add(a, b, into: sum.base, count: sum.count)
    }
}

/// `{residual: [{linear: 64}, relu, {linear: 64}]}`, or with `shortcut` layers for a change of shape; with `recompute: true`
/// the backward pass computes the activations inside again.
public struct ResidualDescription: LayerDescription {
    public let kind = "residual"
    public let layers: [NamedLayer]
    /// Empty for the identity.
    public let shortcut: [NamedLayer]
    /// Whether the backward pass computes the activations inside again, for less memory.
    public let recomputes: Bool

    /// - Precondition: no layer of the shortcut has the name of one of the branch.
    public init(_ layers: [NamedLayer], shortcut: [NamedLayer] = [], recomputes: Bool = false) {
        self.layers = layers
        self.recomputes = recomputes
        self.shortcut = shortcut
    }

    public var layerCount: Int { 1 + layers.layerCount + shortcut.layerCount }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        for (inside, first) in [(layers, layers.first), (shortcut, shortcut.first)] where inside.inputClasses != nil {
            throw ShapeError(
                layer: "\(name)/\(first?.name ?? "")",
                message: "takes whole numbers, which are not added to anything; put it before \(name)")
        }
        let branch = try LayerChain(
            layers, prefix: name + "/", firstOrdinal: ordinal + 1, inputShape: inputShape, arena: arena,
            recomputes: recomputes)
        let shortcut = try LayerChain(
            self.shortcut, prefix: name + "/", firstOrdinal: ordinal + 1 + layers.layerCount, inputShape: inputShape,
            arena: arena, recomputes: recomputes)
        guard branch.outputShape == shortcut.outputShape else {
            throw ShapeError(
                layer: name,
                message:
                    "its branch makes \(branch.outputShape) of \(inputShape), its shortcut \(shortcut.outputShape); "
                    + "they are added, so make them alike")
        }
        return Residual(name: name, branch: branch, shortcut: shortcut)
    }
}
