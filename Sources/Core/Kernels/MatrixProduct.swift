/// The three products of a layer with a weight `W [I, O]`, with the working memory they need.
///
/// With the native backend the bits of an element depend on its own row and column alone: one chain of fused multiply-adds
/// over k in increasing order, whatever the number of rows, the tile, the vector width and the CPU. A weight's storage has
/// 64 readable bytes behind its end, as `AlignedBuffer` and the arena give: vectors of its last panel begin inside and may
/// end behind it.
public final class MatrixProduct<Scalar: TrainingScalar> {
    public let inputs: Int
    public let outputs: Int
    public let backend: ProductBackend
    private let kernel: any ProductKernel<Scalar>

    /// - Precondition: both extents are positive.
    public init(inputs: Int, outputs: Int, backend: ProductBackend) {
        precondition(inputs > 0 && outputs > 0, "a product with a weight of [\(inputs), \(outputs)]")
        self.inputs = inputs
        self.outputs = outputs
        self.backend = backend
        kernel = Scalar.makeProductKernel(inputs: inputs, outputs: outputs, backend: backend)
    }

    /// How the backend wants the weight, and its gradient, to lie.
    public var weightLayout: ParameterLayout { backend.weightLayout }

    /// Allocates the working memory, once.
    public func prepare(limits: PassLimits) { kernel.prepare(limits: limits) }

    /// Computes Y = X·W + b, the chain of each element beginning at its bias.
    ///
    /// Shapes: `X [rows, I]`, `W [I, O]` in `weightLayout`, `b [O]` or nil (+0), `Y [rows, O]`, assigned.
    /// - Complexity: no allocation.
    public func forward(
        _ x: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        kernel.forward(x, rows: rows, weight: weight, bias: bias, into: y)
    }

    /// Computes dX = dY·Wᵀ.
    ///
    /// Shapes: `dY [rows, O]`, `W [I, O]` in `weightLayout`, `dX [rows, I]`, assigned.
    /// - Precondition: `prepare` has been called.
    /// - Complexity: no allocation.
    public func inputGradient(
        _ dY: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>
    ) {
        kernel.inputGradient(dY, rows: rows, weight: weight, into: dX)
    }

    /// Computes dW = XᵀdY for one root: one chain from +0 in row order a shard, shards merged along the tree.
    ///
    /// Shapes: `X [rows, I]`, `dY [rows, O]` of all of the pass's rows; `dW [I, O]` in `weightLayout`, assigned unless the
    /// root holds no row.
    /// - Precondition: `prepare` has been called with limits that cover the layout.
    /// - Complexity: no allocation.
    public func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        kernel.weightGradient(x, dY, layout: layout, root: root, into: dW)
    }
}
