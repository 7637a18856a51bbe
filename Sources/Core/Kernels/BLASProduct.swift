import CBLAS

/// The products by CBLAS, on a row-major weight: the yardstick, and a reference with another order of additions.
///
/// One thread: ranks are processes, and the shard partials come one after the other.
final class BLASProduct<Scalar: BLASScalar>: ProductKernel {
    private let inputs: Int
    private let outputs: Int
    private let rowsPerSample: Int
    private var shards: ShardAccumulator<Scalar>?

    init(inputs: Int, outputs: Int, rowsPerSample: Int) {
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
        _ = singleThread
    }

    func prepare(limits: PassLimits, keepsWeight: Bool) {
        shards = ShardAccumulator(length: inputs * outputs, merge: .sum, shardCount: limits.shards)
    }

    func forward(
        _ x: UnsafePointer<Scalar>, xStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>
    ) {
        if let bias {
            for n in 0..<rows { (y + n * outputs).update(from: bias, count: outputs) }
        }
        Scalar.gemm(
            rows, outputs, inputs, x, xStride ?? inputs, CblasNoTrans, weight, outputs, CblasNoTrans,
            bias == nil ? .zero : .one, y, outputs)
    }

    func inputGradient(
        _ dY: UnsafePointer<Scalar>, dYStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        weightIsUnchanged: Bool, into dX: UnsafeMutablePointer<Scalar>
    ) {
        Scalar.gemm(
            rows, inputs, outputs, dY, dYStride ?? outputs, CblasNoTrans, weight, outputs, CblasTrans, .zero, dX, inputs
        )
    }

    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        guard let shards else { preconditionFailure("a product's gradients before prepare") }
        shards.reduce(root: root, of: layout, into: dW) { samples, record in
            let rows = samples.rows(each: rowsPerSample)
            Scalar.gemm(
                inputs, outputs, rows.count, x + rows.lowerBound * inputs, inputs, CblasTrans,
                dY + rows.lowerBound * outputs, outputs, CblasNoTrans, .zero, record, outputs)
        }
    }
}

/// Set once, before the first product.
private let singleThread: Void = openblas_set_num_threads(1)

/// A scalar that CBLAS has a product for.
protocol BLASScalar: TrainingScalar {
    /// C [m, n] = op(A)·op(B) + beta·C, row-major, k the inner extent.
    static func gemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ aStride: Int, _ aForm: CBLAS_TRANSPOSE,
        _ b: UnsafePointer<Self>, _ bStride: Int, _ bForm: CBLAS_TRANSPOSE, _ beta: Self,
        _ c: UnsafeMutablePointer<Self>, _ cStride: Int)
}

extension Float: BLASScalar {
    static func gemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ aForm: CBLAS_TRANSPOSE,
        _ b: UnsafePointer<Float>, _ bStride: Int, _ bForm: CBLAS_TRANSPOSE, _ beta: Float,
        _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, aForm, bForm, blasint(m), blasint(n), blasint(k), 1, a, blasint(aStride), b,
            blasint(bStride), beta, c, blasint(cStride))
    }
}

extension Double: BLASScalar {
    static func gemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>, _ aStride: Int, _ aForm: CBLAS_TRANSPOSE,
        _ b: UnsafePointer<Double>, _ bStride: Int, _ bForm: CBLAS_TRANSPOSE, _ beta: Double,
        _ c: UnsafeMutablePointer<Double>, _ cStride: Int
    ) {
        cblas_dgemm(
            CblasRowMajor, aForm, bForm, blasint(m), blasint(n), blasint(k), 1, a, blasint(aStride), b,
            blasint(bStride), beta, c, blasint(cStride))
    }
}
