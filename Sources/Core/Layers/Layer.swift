/// One layer with hand-written passes.
///
/// A layer sees all rows of its rank's shards at once. A row's result depends on that row alone (batchnorm's also on
/// sums it asks `context.batchReduction` for), so its bits do not depend on who computes it or with how many neighbours.
public protocol Layer<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// The name in the configuration and the files, e.g. `linear1`.
    var name: String { get }
    /// The shape of one input sample.
    var inputShape: Shape { get }
    /// The shape of one output sample.
    var outputShape: Shape { get }

    /// Whether the backward pass looks at the output of the forward pass. Where it does not, the next layer may write its own
    /// output over it.
    var needsOutput: Bool { get }
    /// Whether `forward` may be given one memory for input and output, and `backward` then looks at neither's former contents.
    var worksInPlace: Bool { get }
    /// Whether Y is X and dX is dY, element by element and whatever the mode: then `backward` too may be given one memory for both.
    var isIdentity: Bool { get }
    /// The elements a sample, beside dY and the parameters, that the backward pass has to read: those of X unless the layer
    /// says otherwise. For benchmarks.
    var backwardOperandCount: Int { get }

    /// Allocates the caches and the working memory, once, before the first pass.
    func prepare(limits: PassLimits)

    /// Computes the output of every row.
    ///
    /// - Parameters:
    ///   - input: `X [N] + inputShape`; stays valid and unchanged until the backward pass of the same step.
    ///   - output: `Y [N] + outputShape`, assigned; it too stays valid and unchanged until that backward pass if `needsOutput`.
    ///     If `worksInPlace` it may be `input`.
    /// - Complexity: no allocation.
    func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext)

    /// Computes the gradient of the loss with respect to the input and, for each parameter, one partial for each root. They are
    /// final when it returns.
    ///
    /// Once a forward pass: what that one kept may be written over.
    ///
    /// - Parameters:
    ///   - outputGradient: `dY [N] + outputShape`.
    ///   - inputGradient: `dX [N] + inputShape`, assigned; nil where nobody needs it (no layer before has parameters).
    /// - Complexity: no allocation.
    func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext)
}

extension Layer {
    /// What is safe for any layer.
    public var needsOutput: Bool { true }
    public var worksInPlace: Bool { false }
    public var isIdentity: Bool { false }
    public var backwardOperandCount: Int { inputShape.elementCount }
}

/// A layer as the configuration describes it, before it has a scalar type or an input: the same description makes the
/// layer that trains in `Float`, the one that is checked in `Double` and the one that runs on dual numbers.
public protocol LayerDescription: Sendable {
    /// The kind in the configuration, e.g. `linear`; instances are named by kind and count unless named.
    var kind: String { get }

    /// The layers that this is: 1, and in a container those inside too.
    var layerCount: Int { get }

    /// Where the layer's inputs are whole numbers from 0, not measurements: how many they may be; else nil.
    var inputClasses: Int? { get }

    /// Makes the layer and declares its parameters and buffers.
    ///
    /// - Parameters:
    ///   - ordinal: the layer's place in the network, from 0, containers before what is inside them: part of the counter of its
    ///     random numbers.
    /// - Throws: `ShapeError` if the layer cannot take inputs of this shape.
    func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar>
}

extension LayerDescription {
    public var layerCount: Int { 1 }
    public var inputClasses: Int? { nil }
}

extension [NamedLayer] {
    /// All layers, those inside containers too.
    var layerCount: Int { reduce(0) { $0 + $1.description.layerCount } }

    /// What the first layer takes.
    var inputClasses: Int? { first?.description.inputClasses }
}
