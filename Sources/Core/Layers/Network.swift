/// A chain of layers with the memory of their activations and gradients.
public final class Network<Scalar: TrainingScalar> {
    public let layers: [any Layer<Scalar>]
    public let inputShape: Shape
    public let arena: ParameterArena<Scalar>

    /// Told of every tensor as it is made, in debug mode.
    public var observer: (any PassObserver<Scalar>)?

    private var activations: [AlignedBuffer<Scalar>] = []
    private var activationGradients: [AlignedBuffer<Scalar>] = []
    private var maximumRows = 0

    /// Builds the layers of `descriptions` on inputs of `inputShape` and declares their parameters in a new arena.
    ///
    /// - Throws: `ShapeError` naming the first layer that does not fit.
    public init(_ descriptions: [NamedLayer], inputShape: Shape) throws(ShapeError) {
        let arena = ParameterArena<Scalar>()
        var layers: [any Layer<Scalar>] = []
        var shape = inputShape
        for (ordinal, named) in descriptions.enumerated() {
            let layer: any Layer<Scalar> = try named.description.makeLayer(
                name: named.name, ordinal: ordinal, inputShape: shape, arena: arena)
            shape = layer.outputShape
            layers.append(layer)
        }
        self.layers = layers
        self.inputShape = inputShape
        self.arena = arena
    }

    /// The shape of one output sample.
    public var outputShape: Shape { layers.last?.outputShape ?? inputShape }

    /// Allocates every activation and activation gradient, once.
    ///
    /// - Precondition: the arena is sealed, with at least `limits.roots` roots.
    public func prepare(limits: PassLimits) {
        require(arena.isSealed, "seal the arena before preparing the network")
        maximumRows = limits.rows
        activations = layers.map { AlignedBuffer(count: limits.rows * $0.outputShape.elementCount) }
        activationGradients = layers.map { AlignedBuffer(count: limits.rows * $0.outputShape.elementCount) }
        for layer in layers { layer.prepare(limits: limits) }
    }

    /// The output of layer `index` in the last forward pass.
    public func activation(_ index: Int, rows: Int) -> TensorView<Scalar> {
        TensorView(base: activations[index].base, rows: rows, sampleShape: layers[index].outputShape)
    }

    /// The gradient of the loss with respect to the output of layer `index`.
    public func activationGradient(_ index: Int, rows: Int) -> TensorView<Scalar> {
        TensorView(base: activationGradients[index].base, rows: rows, sampleShape: layers[index].outputShape)
    }

    /// Computes the outputs of all rows.
    ///
    /// - Returns: `[N] + outputShape`, valid until the next forward pass.
    public func forward(_ input: TensorView<Scalar>, context: PassContext) -> TensorView<Scalar> {
        require(
            input.sampleShape == inputShape, "network: expected samples of \(inputShape), given \(input.sampleShape)")
        require(input.rows <= maximumRows, "network: prepared for \(maximumRows) rows, given \(input.rows)")
        var current = input
        // By index: an iterator over a generic class's existentials allocates.
        for index in layers.indices {
            let layer = layers[index]
            let output = activation(index, rows: input.rows)
            layer.forward(current, into: output, context: context)
            observer?.didForward(layer: layer, index: index, output: output, context: context)
            current = output
        }
        return current
    }

    /// Where the loss writes its gradient: the gradient of the last layer's output.
    public func outputGradient(rows: Int) -> TensorView<Scalar> {
        activationGradient(layers.count - 1, rows: rows)
    }

    /// Computes all gradients from the output gradient.
    ///
    /// - Parameter inputGradient: receives dL/d(input); nil to leave it out.
    public func backward(into inputGradient: TensorView<Scalar>? = nil, rows: Int, context: PassContext) {
        for index in layers.indices.reversed() {
            let gradient = activationGradient(index, rows: rows)
            let target = index > 0 ? activationGradient(index - 1, rows: rows) : inputGradient
            layers[index].backward(gradient, into: target, context: context)
            observer?.didBackward(
                layer: layers[index], index: index, inputGradient: target, arena: arena, context: context)
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

    /// - Parameter inputGradient: nil where it was not computed (the first layer).
    func didBackward(
        layer: any Layer<Scalar>, index: Int, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext)
}

extension PassObserver {
    /// Most observers have no use for the batch.
    public func didLoad(_ inputs: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext) {}
}
