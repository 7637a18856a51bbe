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
    /// The rows of X that one sample has: the steps of a sequence, the places of an image; 1 for a plain vector.
    public let rowsPerSample: Int
    private let kernel: any ProductKernel<Scalar>

    /// - Parameter rowsPerSample: the rows of X that one sample has, one after the other.
    /// - Precondition: all extents are positive.
    public init(inputs: Int, outputs: Int, rowsPerSample: Int = 1, backend: ProductBackend) {
        precondition(
            inputs > 0 && outputs > 0 && rowsPerSample > 0,
            "a product of \(rowsPerSample) rows a sample with a weight of [\(inputs), \(outputs)]")
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
        self.backend = backend
        kernel = Scalar.makeProductKernel(
            inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample, backend: backend)
    }

    /// How the backend wants the weight, and its gradient, to lie.
    public var weightLayout: ParameterLayout { backend.weightLayout }

    /// Allocates the working memory, once.
    ///
    /// - Parameters:
    ///   - limits: in samples.
    ///   - keepsWeight: whether there shall be room for what is made of W between calls that say that it is unchanged, as large as
    ///     W; for a small one there always is.
    public func prepare(limits: PassLimits, keepsWeight: Bool = false) {
        kernel.prepare(limits: limits, keepsWeight: keepsWeight)
    }

    /// Computes Y = X·W + b, the chain of each element beginning at its bias.
    ///
    /// Shapes: `X [rows, I]`, `W [I, O]` in `weightLayout`, `b [O]` or nil (+0), `Y [rows, O]`, assigned.
    /// - Parameters:
    ///   - xStride: how far apart the rows of X are; nil where each follows the one before.
    ///   - rows: of X: the samples times `rowsPerSample`.
    /// - Complexity: no allocation.
    public func forward(
        _ x: UnsafePointer<Scalar>, xStride: Int? = nil, rows: Int, weight: UnsafePointer<Scalar>,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>
    ) {
        kernel.forward(x, xStride: xStride, rows: rows, weight: weight, bias: bias, into: y)
    }

    /// Computes dX = dY·Wᵀ.
    ///
    /// Shapes: `dY [rows, O]`, `W [I, O]` in `weightLayout`, `dX [rows, I]`, assigned.
    /// - Parameters:
    ///   - dYStride: how far apart the rows of dY are; nil where each follows the one before.
    ///   - weightIsUnchanged: whether W is, to the bit, that of this product's last call, so that what was made of it then may be
    ///     used again: between the steps of a sequence, or the images of a batch.
    /// - Precondition: `prepare` has been called.
    /// - Complexity: no allocation.
    public func inputGradient(
        _ dY: UnsafePointer<Scalar>, dYStride: Int? = nil, rows: Int, weight: UnsafePointer<Scalar>,
        weightIsUnchanged: Bool = false, into dX: UnsafeMutablePointer<Scalar>
    ) {
        kernel.inputGradient(
            dY, dYStride: dYStride, rows: rows, weight: weight, weightIsUnchanged: weightIsUnchanged,
            into: dX)
    }

    /// Computes dW = XᵀdY for one root: one chain from +0 a shard, in the order of its samples and of each sample's rows,
    /// shards merged along the tree.
    ///
    /// Shapes: `X [N·rowsPerSample, I]`, `dY [N·rowsPerSample, O]` of all N samples of the pass; `dW [I, O]` in `weightLayout`, assigned unless the
    /// root holds no row.
    /// - Precondition: `prepare` has been called with limits that cover the layout.
    /// - Complexity: no allocation.
    public func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        kernel.weightGradient(x, dY, layout: layout, root: root, into: dW)
    }

    /// Computes dW of this product and that of another with the same dY, as two calls would, with what is made of dY made once.
    ///
    /// - Precondition: the other product has as many outputs and rows a sample.
    /// - Complexity: no allocation.
    public func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>, alongside other: MatrixProduct,
        _ otherX: UnsafePointer<Scalar>, into otherDW: UnsafeMutablePointer<Scalar>
    ) {
        precondition(
            other.outputs == outputs && other.rowsPerSample == rowsPerSample,
            "weight gradients of \(outputs) and \(other.outputs) outputs, with \(rowsPerSample) and "
                + "\(other.rowsPerSample) rows a sample, together")
        kernel.weightGradient(
            x, dY, layout: layout, root: root, into: dW, alongside: other.kernel, otherX, into: otherDW)
    }
}
