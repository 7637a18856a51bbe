/// Y = Σ X·W, an einsum of each sample with a learned weight; or an einsum of the sample alone, without anything learned.
///
/// Derivation: Documentation/einsum.md.
public final class EinsumLayer<Scalar: TrainingScalar>: Layer {
    public let name: String
    public var inputShape: Shape { shapes.left }
    public var outputShape: Shape { shapes.result }

    private let shapes: EinsumShapes
    private let arena: ParameterArena<Scalar>
    private let weight: ParameterID?

    /// X of the last forward pass, for dW.
    private var input: TensorView<Scalar>?
    private var einsum: Einsum<Scalar>?
    private var weightSums: ShardAccumulator<Scalar>?

    fileprivate init(name: String, shapes: EinsumShapes, initializer: Initializer, arena: ParameterArena<Scalar>) {
        self.name = name
        self.shapes = shapes
        self.arena = arena
        weight = shapes.right.map { shape in
            arena.declare(
                "\(name)/weight", shape: shape, initializer: initializer, fanIn: shapes.fanIn, fanOut: shapes.fanOut,
                decays: true)
        }
    }

    public func prepare(limits: PassLimits) {
        einsum = Einsum(shapes)
        weightSums = shapes.right.map {
            ShardAccumulator(length: $0.elementCount, merge: .sum, shardCount: limits.shards)
        }
    }

    /// Y[n] = Σ X[n]·W, over the labels that Y does not have, for each sample n.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        guard let einsum else { fatalError("layer \(name): used before prepare") }
        self.input = input
        let weight = weight.map { UnsafePointer(arena.values($0)) }
        for n in 0..<input.rows {
            einsum.forward(input.row(n), weight, into: output.row(n), reusesRight: n > 0)
        }
    }

    /// dX[n] = Σ dY[n]·W, over the labels that X does not have;  dW = Σₙ Σ X[n]·dY[n], over those that W does not have.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input, let einsum else { fatalError("layer \(name): backward before forward") }
        if let weight, let weightSums {
            for root in context.shards.roots.indices {
                weightSums.reduce(root: root, of: context.shards, into: arena.gradient(weight, root: root)) {
                    samples, dW in
                    for n in samples {
                        einsum.rightGradient(
                            outputGradient.row(n), input.row(n), into: dW, accumulates: n > samples.lowerBound)
                    }
                }
            }
        }
        guard let inputGradient else { return }
        let weight = weight.map { UnsafePointer(arena.values($0)) }
        for n in 0..<inputGradient.rows {
            einsum.leftGradient(outputGradient.row(n), weight, into: inputGradient.row(n), reusesRight: n > 0)
        }
    }
}

extension EinsumShapes {
    /// The numbers that one of the result is a sum of: the extents of the labels that it does not have.
    fileprivate var fanIn: Int {
        product(of: equation.labels.filter { !equation.result.contains($0) })
    }

    /// The numbers that one of the left operand is in by way of the right one: the extents of the labels that the result has
    /// from the right operand alone.
    fileprivate var fanOut: Int {
        product(of: equation.result.filter { !equation.operands[0].contains($0) })
    }

    /// No more than 2⁴⁰, so that nothing that is made of it overflows: the weights are then 0 for all purposes.
    private func product(of labels: [Character]) -> Int {
        Int(min(labels.reduce(1.0) { $0 * Double(extent($1)) }, 0x1p40))
    }
}

/// `{einsum: {equation: "tc,cd->td", weight: [64, 128], initializer: he}}`, or without a weight `{einsum: "tc->ct"}`
public struct EinsumDescription: LayerDescription {
    public let kind = "einsum"
    public let equation: EinsumEquation
    /// The shape of the second operand, which is learned; nil where the sample is the only one.
    public let weight: Shape?
    public let initializer: Initializer

    /// - Precondition: there is a weight where the equation has two operands, and none where it has one.
    public init(_ equation: EinsumEquation, weight: Shape? = nil, initializer: Initializer = .glorot) {
        require(
            equation.operands.count == (weight == nil ? 1 : 2),
            "equation '\(equation)' with a weight of \(weight.map(\.description) ?? "none")")
        self.equation = equation
        self.weight = weight
        self.initializer = initializer
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        let shapes: EinsumShapes
        do {
            shapes = try EinsumShapes(equation, inputShape, weight)
        } catch {
            throw ShapeError(layer: name, message: error.description)
        }
        return EinsumLayer(name: name, shapes: shapes, initializer: initializer, arena: arena)
    }
}
