/// Y = W[X]: each whole number of the input is replaced by its row of a table that is learned.
///
/// Derivation: Documentation/embedding.md.
/// Source: Bengio et al., "A neural probabilistic language model" (2003), section 2.
public final class Embedding<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    private let arena: ParameterArena<Scalar>
    private let weight: ParameterID
    private let classes: Int
    private let width: Int

    /// X of the last forward pass as indices that are known to be inside the table, for dW.
    private var indices: AlignedBuffer<Int32>?
    private var weightSums: ShardAccumulator<Scalar>?

    fileprivate init(
        name: String, inputShape: Shape, _ description: EmbeddingDescription, arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.inputShape = inputShape
        self.arena = arena
        classes = description.classes
        width = description.width
        outputShape = Shape(inputShape.dimensions + [width])
        weight = arena.declare(
            "\(name)/weight", shape: [classes, width], initializer: description.initializer, fanIn: classes,
            fanOut: width, decays: true)
    }

    public func prepare(limits: PassLimits) {
        indices = AlignedBuffer(count: limits.rows * inputShape.elementCount)
        weightSums = ShardAccumulator(length: classes * width, merge: .sum, shardCount: limits.shards)
    }

    /// Y[n, …, :] = W[X[n, …], :].
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        guard let indices else { fatalError("layer \(name): used before prepare") }
        require(input.count <= indices.count, "layer \(name): prepared for fewer rows than the \(input.rows) given")
        gather(input, noting: indices.base, into: output.base)
    }

    /// dW[k, :] = Σ dY[n, …, :] over the places where X[n, …] is k;  dX = +0: whole numbers have no derivative.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let indices, let weightSums else { fatalError("layer \(name): used before prepare") }
        for root in context.shards.roots.indices {
            weightSums.reduce(root: root, of: context.shards, into: arena.gradient(weight, root: root)) { samples, dW in
                dW.update(repeating: .zero, count: classes * width)
                scatter(
                    outputGradient.base, samples.rows(each: inputShape.elementCount), at: indices.base, into: dW)
            }
        }
        if let inputGradient { inputGradient.base.update(repeating: .zero, count: inputGradient.count) }
    }

    /// A number that is no index would read outside the table.
    private func index(of value: Double) -> Int {
        let index = Int(exactly: value) ?? -1
        require(
            index >= 0 && index < classes,
            "layer \(name): an input of \(value); it must be a whole number from 0 to \(classes - 1)")
        return index
    }

    /// Copies the table's rows, and notes which.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func gather(
        _ x: TensorView<Scalar>, noting indices: UnsafeMutablePointer<Int32>, into y: UnsafeMutablePointer<Scalar>
    ) {
        let (table, width) = (arena.values(weight), width)
        for r in 0..<x.count {
            let index = index(of: x.base[r].real)
            indices[r] = Int32(index)
            (y + r &* width).update(from: table + index &* width, count: width)
        }
    }

    /// Adds the rows of dY to the rows of dW that they came from, in order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scatter(
        _ dY: UnsafePointer<Scalar>, _ rows: Range<Int>, at indices: UnsafePointer<Int32>,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let width = width
        for r in rows {
            let source = dY + r &* width
            let target = dW + Int(indices[r]) &* width
            for j in 0..<width { target[j] = target[j] + source[j] }
        }
    }
}

/// `{embedding: {classes: 256, width: 64, initializer: {normal: 0.02}}}`
public struct EmbeddingDescription: LayerDescription {
    /// The most classes: from here on `Float` has no whole number for each.
    public static let maximumClasses = 1 << 24

    public let kind = "embedding"
    /// How many whole numbers there are: 0 ..< `classes`.
    public let classes: Int
    /// The numbers that stand for each.
    public let width: Int
    public let initializer: Initializer

    public var inputClasses: Int? { classes }

    /// - Parameter initializer: by default that of GPT-2.
    public init(classes: Int, width: Int, initializer: Initializer = .normal(standardDeviation: 0.02)) {
        require(
            classes > 0 && classes <= Self.maximumClasses,
            "an embedding of \(classes) classes; it must be from 1 to \(Self.maximumClasses)")
        require(width > 0, "an embedding of width \(width)")
        self.classes = classes
        self.width = width
        self.initializer = initializer
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Embedding(name: name, inputShape: inputShape, self, arena: arena)
    }
}
