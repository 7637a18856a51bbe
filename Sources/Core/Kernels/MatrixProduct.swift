/// Which code multiplies matrices.
public enum ProductBackend: String, Sendable, CaseIterable {
    /// The project's SIMD kernel: every output element is one chain of fused multiply-adds over k in increasing order, the
    /// same bits on every CPU.
    case native
    /// CBLAS: whatever order the library takes; for comparison.
    case blas
}

/// The three products of a layer with a weight `W [I, O]`, with the working memory they need.
public final class MatrixProduct<Scalar: TrainingScalar> {
    public let inputs: Int
    public let outputs: Int
    public let backend: ProductBackend

    public init(inputs: Int, outputs: Int, backend: ProductBackend) {
        self.inputs = inputs
        self.outputs = outputs
        self.backend = backend
    }

    /// How the backend wants the weight, and its gradient, to lie.
    public var weightLayout: ParameterLayout { backend == .native ? .columnPanels : .rowMajor }

    /// Allocates the working memory, once.
    public func prepare(limits: PassLimits) {}

    /// Computes Y = X·W + b, the chain of each element beginning at its bias.
    ///
    /// Shapes: `X [rows, I]`, `W [I, O]` in `weightLayout`, `b [O]` or nil (+0), `Y [rows, O]`, assigned.
    public func forward(
        _ x: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        for n in 0..<rows {
            for o in 0..<outputs {
                var sum = bias?[o] ?? .zero
                for i in 0..<inputs {
                    let w = weight[weightLayout.offset(row: i, column: o, rows: inputs, columns: outputs)]
                    sum = Scalar.multiplyAdd(x[n * inputs + i], w, sum)
                }
                y[n * outputs + o] = sum
            }
        }
    }

    /// Computes dX = dY·Wᵀ.
    ///
    /// Shapes: `dY [rows, O]`, `W [I, O]` in `weightLayout`, `dX [rows, I]`, assigned.
    public func inputGradient(
        _ dY: UnsafePointer<Scalar>, rows: Int, weight: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>
    ) {
        for n in 0..<rows {
            for i in 0..<inputs {
                var sum = Scalar.zero
                for o in 0..<outputs {
                    let w = weight[weightLayout.offset(row: i, column: o, rows: inputs, columns: outputs)]
                    sum = Scalar.multiplyAdd(dY[n * outputs + o], w, sum)
                }
                dX[n * inputs + i] = sum
            }
        }
    }

    /// Computes dW = XᵀdY for one root: one chain from +0 in row order a shard, shards merged along the tree.
    ///
    /// Shapes: `X [rows, I]`, `dY [rows, O]` of all of the pass's rows; `dW [I, O]` in `weightLayout`, assigned unless the
    /// root holds no row.
    public func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        let shards = ShardAccumulator<Scalar>(
            length: inputs * outputs, merge: .sum, shardCount: layout.roots[root].count)
        shards.reduce(root: root, of: layout, into: dW) { rows, record in
            for i in 0..<inputs {
                for o in 0..<outputs {
                    var sum = Scalar.zero
                    for n in rows { sum = Scalar.multiplyAdd(x[n * inputs + i], dY[n * outputs + o], sum) }
                    record[weightLayout.offset(row: i, column: o, rows: inputs, columns: outputs)] = sum
                }
            }
        }
    }
}
