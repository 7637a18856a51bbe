/// A chain of layers with the memory of their activations and gradients.
public final class Network<Scalar: TrainingScalar> {
    public let arena: ParameterArena<Scalar>

    /// Told of every tensor as it is made, in debug mode.
    public var observer: (any PassObserver<Scalar>)? {
        didSet {
            chain.observer = observer
            chain.observeContainers()
        }
    }

    /// The outermost layers and what passes between them.
    public let chain: LayerChain<Scalar>
    private var output: AlignedBuffer<Scalar>?
    private var gradient: AlignedBuffer<Scalar>?

    /// Builds the layers of `descriptions` on inputs of `inputShape` and declares their parameters in a new arena.
    ///
    /// - Throws: `ShapeError` naming the first layer that does not fit.
    public init(_ descriptions: [NamedLayer], inputShape: Shape) throws(ShapeError) {
        arena = ParameterArena()
        chain = try LayerChain(descriptions, inputShape: inputShape, arena: arena)
    }

    /// The outermost layers, in order.
    public var layers: [any Layer<Scalar>] { chain.layers }
    public var inputShape: Shape { chain.inputShape }
    /// The shape of one output sample.
    public var outputShape: Shape { chain.outputShape }

    /// Allocates the activations, and what their gradients take turns in, once.
    ///
    /// - Precondition: the arena is sealed, with at least `limits.roots` roots.
    public func prepare(limits: PassLimits) {
        require(arena.isSealed, "seal the arena before preparing the network")
        output = AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activations)
        gradient = AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activationGradients)
        MemoryLedger.allocating(.workspace) {
            ActivationGradientMemory.sharing { RecomputedMemory.sharing { chain.prepare(limits: limits) } }
        }
    }

    /// The output of layer `index` in the last forward pass, unless the next layer works in place.
    public func activation(_ index: Int, rows: Int) -> TensorView<Scalar> {
        if index < chain.outputFrom { return chain.activation(index, rows: rows) }
        guard let output else { fatalError("network: used before prepare") }
        return TensorView(base: output.base, rows: rows, sampleShape: layers[index].outputShape)
    }

    /// Computes the outputs of all rows.
    ///
    /// - Returns: `[N] + outputShape`, valid until the next forward pass.
    public func forward(_ input: TensorView<Scalar>, context: PassContext) -> TensorView<Scalar> {
        require(
            input.sampleShape == inputShape, "network: expected samples of \(inputShape), given \(input.sampleShape)")
        let output = activation(layers.count - 1, rows: input.rows)
        chain.forward(input, into: output, context: context) { index, output in
            observer?.didForward(layer: layers[index], index: index, output: output, context: context)
        }
        return output
    }

    /// Where the loss writes its gradient: the gradient of the last layer's output.
    public func outputGradient(rows: Int) -> TensorView<Scalar> {
        guard let gradient else { fatalError("network: used before prepare") }
        return TensorView(base: gradient.base, rows: rows, sampleShape: outputShape)
    }

    /// Computes all gradients from the output gradient.
    ///
    /// - Parameters:
    ///   - inputGradient: receives dL/d(input); nil to leave it out, and with it all before the first layer with parameters.
    ///   - finished: told after each of the outermost layers from which element of the arena on all gradients are done.
    public func backward(
        into inputGradient: TensorView<Scalar>? = nil, rows: Int, context: PassContext,
        finished: (_ element: Int) -> Void = { _ in }
    ) {
        chain.backward(outputGradient(rows: rows), into: inputGradient, context: context) { index, inputGradient in
            observer?.didBackward(
                layer: layers[index], index: index, inputGradient: inputGradient, arena: arena, context: context)
            finished(chain.firstElements[index])
        }
    }
}

/// A layer's description with the name that the network gives it.
public struct NamedLayer: Sendable {
    public let name: String
    public let description: any LayerDescription

    public init(name: String, description: any LayerDescription) {
        self.name = name
        self.description = description
    }
}

/// Sees every tensor of a pass as it is made: the debug mode's guard and dump.
public protocol PassObserver<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// The batch of a training step, before the first layer sees it.
    func didLoad(_ inputs: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext)

    func didForward(layer: any Layer<Scalar>, index: Int, output: TensorView<Scalar>, context: PassContext)

    /// - Parameters:
    ///   - kind: the loss's, e.g. `softmaxCrossEntropy`.
    ///   - gradient: of the loss with respect to the network's output.
    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Scalar>, context: PassContext)

    /// Without an input gradient of the network's not told of layers before the first with parameters.
    ///
    /// - Parameter inputGradient: nil where it was not computed (that layer's).
    func didBackward(
        layer: any Layer<Scalar>, index: Int, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext)

    /// A container has computed its activations again for its backward pass, which begins now; nothing else is told of them.
    func didRecompute(context: PassContext)

    /// As `didForward`, for a layer inside a container; the container's own output follows.
    func didForwardInside(layer: any Layer<Scalar>, output: TensorView<Scalar>, context: PassContext)

    /// As `didBackward`, for a layer inside a container; the container's own gradient follows.
    func didBackwardInside(
        layer: any Layer<Scalar>, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext)
}

extension PassObserver {
    /// Most observers have no use for the batch.
    public func didLoad(_ inputs: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext) {}

    public func didRecompute(context: PassContext) {}

    public func didForwardInside(layer: any Layer<Scalar>, output: TensorView<Scalar>, context: PassContext) {}

    public func didBackwardInside(
        layer: any Layer<Scalar>, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext
    ) {}
}
