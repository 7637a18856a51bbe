/// Y = X + W or Y = X · W, element by element, with a learned W that is stretched to each sample.
///
/// Derivation: Documentation/broadcasting.md.
public final class BroadcastLayer<Scalar: TrainingScalar>: Layer {
    public let name: String
    public var inputShape: Shape { broadcast.left }
    public var outputShape: Shape { broadcast.left }

    private let operation: BroadcastOperation
    private let broadcast: Broadcast
    private let arena: ParameterArena<Scalar>
    private let weight: ParameterID

    /// X of the last forward pass, for dW of a product.
    private var input: TensorView<Scalar>?
    private var weightSums: ShardAccumulator<Scalar>?

    /// - Parameter decays: whether weight decay applies to W.
    /// - Throws: `ShapeError` if W does not broadcast against a sample, or makes more of it.
    init(
        name: String, operation: BroadcastOperation, inputShape: Shape, weight shape: Shape, initializer: Initializer,
        decays: Bool, arena: ParameterArena<Scalar>
    ) throws(ShapeError) {
        do {
            broadcast = try Broadcast(inputShape, shape)
        } catch {
            throw ShapeError(layer: name, message: "its input and its weight: \(error)")
        }
        guard broadcast.result == inputShape else {
            throw ShapeError(
                layer: name,
                message:
                    "its weight \(shape) would make \(broadcast.result) of an input of \(inputShape); the weight is "
                    + "stretched to the input, not the input to the weight")
        }
        self.name = name
        self.operation = operation
        self.arena = arena
        weight = arena.declare("\(name)/weight", shape: shape, initializer: initializer, decays: decays)
    }

    public func prepare(limits: PassLimits) {
        weightSums = ShardAccumulator(
            length: broadcast.right.elementCount, merge: .sum, shardCount: limits.shards)
    }

    /// Y[n] = X[n] + W, or Y[n] = X[n] · W, for each sample n.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.input = input
        let weight = arena.values(weight)
        for n in 0..<input.rows {
            switch operation {
            case .add: broadcast.add(input.row(n), weight, into: output.row(n))
            case .multiply: broadcast.multiply(input.row(n), weight, into: output.row(n))
            }
        }
    }

    /// Of a sum dX = dY, dW = Σₙ dY[n]; of a product dX[n] = dY[n] · W, dW = Σₙ dY[n] · X[n]. dW is also summed over what W was
    /// stretched along.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input, let weightSums else { fatalError("layer \(name): backward before forward") }
        for root in context.shards.roots.indices {
            weightSums.reduce(root: root, of: context.shards, into: arena.gradient(weight, root: root)) { samples, dW in
                for n in samples {
                    let (dY, goesOn) = (outputGradient.row(n), n > samples.lowerBound)
                    switch operation {
                    case .add: broadcast.sum(dY, backTo: .right, into: dW, accumulates: goesOn)
                    case .multiply:
                        broadcast.sumProduct(dY, input.row(n), backTo: .right, into: dW, accumulates: goesOn)
                    }
                }
            }
        }
        guard let inputGradient else { return }
        switch operation {
        case .add:
            inputGradient.base.update(from: outputGradient.base, count: outputGradient.count)
        case .multiply:
            let weight = arena.values(weight)
            for n in 0..<inputGradient.rows {
                broadcast.sumProduct(outputGradient.row(n), weight, backTo: .left, into: inputGradient.row(n))
            }
        }
    }
}

/// `{add: [28, 1]}` or `{multiply: {shape: [64], initializer: {constant: 1}}}`
public struct BroadcastDescription: LayerDescription {
    public var kind: String { operation.rawValue }
    public let operation: BroadcastOperation
    public let shape: Shape
    public let initializer: Initializer

    /// - Parameter initializer: nil for a weight that changes nothing at first.
    public init(_ operation: BroadcastOperation, shape: Shape, initializer: Initializer? = nil) {
        self.operation = operation
        self.shape = shape
        self.initializer = initializer ?? .constant(operation.identity)
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        // Shifts and scales, which don't decay.
        try BroadcastLayer(
            name: name, operation: operation, inputShape: inputShape, weight: shape, initializer: initializer,
            decays: false, arena: arena)
    }
}
