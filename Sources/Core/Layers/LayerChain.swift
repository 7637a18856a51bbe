/// Layers one after the other, with the memory of what passes between them: a network, or what is inside a container.
public final class LayerChain<Scalar: TrainingScalar> {
    public let layers: [any Layer<Scalar>]
    /// What the layers were made of, in their order; their names are those within the container.
    public let descriptions: [NamedLayer]
    public let inputShape: Shape
    /// The shape of one output sample.
    public let outputShape: Shape
    /// The first layer with parameters; the number of layers where none has any. Those before it need no gradients, unless somebody
    /// asks for the input's.
    public let firstTrained: Int
    /// For each layer, where the parameters begin in the arena that it or the next layers have.
    public let firstElements: [Int]
    /// The first layer whose output lies where the chain's does: those after it work in place.
    let outputFrom: Int
    /// Whether the backward pass computes the activations again in place of finding them kept.
    private let recomputes: Bool

    /// Told of every tensor inside a container as it is made, in debug mode.
    var observer: (any PassObserver<Scalar>)?

    private let arena: ParameterArena<Scalar>
    /// The outputs of the layers before `outputFrom`; the others' go to whoever runs the chain. Layers that work in place have the
    /// memory of the layer before.
    private var activations: [AlignedBuffer<Scalar>] = []
    /// The gradients of all outputs but the chain's, in turn: a layer's backward pass reads one and writes the other, but for the
    /// identity, which leaves dY where it is.
    private var activationGradients: [AlignedBuffer<Scalar>] = []
    /// For each layer but the last, in which of them its output's gradient lies; nil for where the chain's does, as all layers
    /// after it are the identity.
    private let gradientPlaces: [Int?]
    /// Of the last forward pass of a chain that recomputes: its input, and room for the output that is computed again.
    private var input: TensorView<Scalar>?
    private var outputAgain: AlignedBuffer<Scalar>?
    private var maximumRows = 0

    /// Builds the layers of `descriptions` on inputs of `inputShape` and declares their parameters.
    ///
    /// - Parameters:
    ///   - prefix: what the layers' names begin with: nothing in a network, `residual1/` in a container.
    ///   - firstOrdinal: the place of the first layer, counted depth first over the whole network.
    ///   - recomputes: whether activations are computed again for the backward pass, for less memory.
    /// - Throws: `ShapeError` naming the first layer that does not fit.
    init(
        _ descriptions: [NamedLayer], prefix: String = "", firstOrdinal: Int = 0, inputShape: Shape,
        arena: ParameterArena<Scalar>, recomputes: Bool = false
    ) throws(ShapeError) {
        var layers: [any Layer<Scalar>] = []
        var shape = inputShape
        var ordinal = firstOrdinal
        var firstTrained: Int?
        var firstElements: [Int] = []
        for named in descriptions {
            let parametersBefore = arena.parameters.count
            firstElements.append(arena.storageCount)
            if let previous = layers.last, named.description.inputClasses != nil {
                throw ShapeError(
                    layer: prefix + named.name,
                    message: "takes whole numbers, which \(previous.name) does not give; put it first")
            }
            let layer: any Layer<Scalar> = try named.description.makeLayer(
                name: prefix + named.name, ordinal: ordinal, inputShape: shape, arena: arena)
            shape = layer.outputShape
            guard shape.elementCount < Shape.limit, arena.storageCount < Shape.limit else {
                throw ShapeError(
                    layer: layer.name,
                    message:
                        "makes \(shape) of \(layer.inputShape), and with it the parameters have \(arena.storageCount) "
                        + "elements; both must stay below \(Shape.limit)")
            }
            ordinal += named.description.layerCount
            if arena.parameters.count > parametersBefore { firstTrained = firstTrained ?? layers.count }
            layers.append(layer)
        }
        self.firstTrained = firstTrained ?? layers.count
        self.firstElements = firstElements
        self.layers = layers
        self.descriptions = descriptions
        self.inputShape = inputShape
        self.arena = arena
        self.recomputes = recomputes && !layers.isEmpty
        outputShape = shape
        var outputFrom = max(0, layers.count - 1)
        while outputFrom > 0, Self.isInPlace(layers[outputFrom], after: layers[outputFrom - 1]) { outputFrom -= 1 }
        self.outputFrom = outputFrom
        var place: Int?
        var places: [Int?] = []
        for layer in layers.dropFirst().reversed() {
            if !layer.isIdentity { place = place == 0 ? 1 : 0 }
            places.append(place)
        }
        gradientPlaces = places.reversed()
    }

    /// Whether the output of layer `index` lies where that of the layer before does.
    func isInPlace(_ index: Int) -> Bool { index > 0 && Self.isInPlace(layers[index], after: layers[index - 1]) }

    private static func isInPlace(_ layer: any Layer<Scalar>, after previous: any Layer<Scalar>) -> Bool {
        layer.worksInPlace && !previous.needsOutput
    }

    /// Whether the last layer looks at the chain's output again: in the backward pass, or as a gradient check asks for its pieces.
    var needsOutput: Bool { layers.last?.needsOutput ?? false }

    /// Allocates what lies between the layers, once.
    func prepare(limits: PassLimits) {
        guard recomputes else { return allocate(limits: limits) }
        RecomputedMemory.allocating {
            outputAgain = AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activations)
            allocate(limits: limits)
        }
    }

    private func allocate(limits: PassLimits) {
        maximumRows = limits.rows
        activations = []
        for (index, layer) in layers.prefix(outputFrom).enumerated() {
            activations.append(
                isInPlace(index)
                    ? activations[index - 1]
                    : AlignedBuffer(count: limits.rows * layer.outputShape.elementCount, kind: .activations))
        }
        activationGradients = Set(gradientPlaces.compactMap(\.self)).sorted().map { place in
            let widths = zip(layers, gradientPlaces).compactMap { $1 == place ? $0.outputShape.elementCount : nil }
            return AlignedBuffer(count: limits.rows * widths.max()!, kind: .activationGradients)
        }
        for layer in layers { ActivationGradientMemory.takingTurns { layer.prepare(limits: limits) } }
    }

    /// The output of layer `index`, before `outputFrom`, in the last forward pass, unless the next layer works in place.
    func activation(_ index: Int, rows: Int) -> TensorView<Scalar> {
        TensorView(base: activations[index].base, rows: rows, sampleShape: layers[index].outputShape)
    }

    /// Runs all layers; the last writes into `output`. A chain of no layers copies.
    func forward(
        _ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext,
        observe: (_ index: Int, _ output: TensorView<Scalar>) -> Void
    ) {
        require(input.rows <= maximumRows, "prepared for \(maximumRows) rows, given \(input.rows)")
        guard !layers.isEmpty else { return output.base.update(from: input.base, count: input.count) }
        var current = input
        // By index: an iterator over a generic class's existentials allocates.
        for index in layers.indices {
            let target =
                index < outputFrom
                ? activation(index, rows: input.rows)
                : TensorView(base: output.base, rows: input.rows, sampleShape: layers[index].outputShape)
            layers[index].forward(current, into: target, context: context)
            observe(index, target)
            current = target
        }
    }

    /// Runs all layers backwards, or without an `inputGradient` those from the first with parameters on. A chain of no layers
    /// copies.
    func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext,
        observe: (_ index: Int, _ inputGradient: TensorView<Scalar>?) -> Void
    ) {
        guard !layers.isEmpty else {
            inputGradient?.base.update(from: outputGradient.base, count: outputGradient.count)
            return
        }
        let first = inputGradient == nil ? firstTrained : 0
        var gradient = outputGradient
        for index in (first..<layers.count).reversed() {
            var target = inputGradient
            if index > first {
                let base = gradientPlaces[index - 1].map { activationGradients[$0].base } ?? outputGradient.base
                target = TensorView(
                    base: base, rows: outputGradient.rows, sampleShape: layers[index - 1].outputShape)
            }
            layers[index].backward(gradient, into: target, context: context)
            observe(index, target)
            if let target { gradient = target }
        }
    }

    /// `forward` inside a container.
    func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        if recomputes { self.input = input }
        forward(input, into: output, context: context) { index, output in
            if context.isRecomputation { return }
            observer?.didForwardInside(layer: layers[index], output: output, context: context)
        }
    }

    /// `backward` inside a container. Where the activations were not kept they are computed first, with the same bits: what a
    /// pass draws depends on its place alone.
    /// Source: Chen et al., "Training deep nets with sublinear memory cost" (2016), section 4.
    func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        let runs = inputGradient != nil || firstTrained < layers.count
        if runs, let input, let outputAgain {
            var again = context
            again.isRecomputation = true
            let output = TensorView(base: outputAgain.base, rows: input.rows, sampleShape: outputShape)
            forward(input, into: output, context: again) { _, _ in }
            observer?.didRecompute(context: context)
        }
        backward(outputGradient, into: inputGradient, context: context) { index, inputGradient in
            observer?.didBackwardInside(
                layer: layers[index], inputGradient: inputGradient, arena: arena, context: context)
        }
    }

    /// Notes the pieces of every layer that has some.
    func notePieces(in signature: inout PieceSignature) {
        for layer in layers { (layer as? any PiecewiseLayer<Scalar>)?.notePieces(in: &signature) }
    }

    /// Gives every container inside, however deep, the observer of this chain.
    func observeContainers() {
        for layer in layers {
            guard let container = layer as? any ContainerLayer<Scalar> else { continue }
            for (_, chain) in container.chains {
                chain.observer = observer
                chain.observeContainers()
            }
        }
    }
}

/// A layer made of layers; its parameters are theirs.
public protocol ContainerLayer<Scalar>: PiecewiseLayer {
    /// The chains inside, each with what it is to the container; a chain of no layers is the identity. Each takes the container's
    /// input, and where there are several, their outputs are added.
    var chains: [(role: String, chain: LayerChain<Scalar>)] { get }
}

extension ContainerLayer {
    public func notePieces(in signature: inout PieceSignature) {
        for (_, chain) in chains { chain.notePieces(in: &signature) }
    }
}
