/// The products one number at a time: what dual numbers run on, and the reference that the SIMD kernel has to match bit for
/// bit.
package final class PlainProduct<Scalar: TrainingScalar>: ProductKernel {
    private let inputs: Int
    private let outputs: Int
    private let rowsPerSample: Int
    private let layout: ParameterLayout
    private var shards: ShardAccumulator<Scalar>?

    package init(inputs: Int, outputs: Int, rowsPerSample: Int = 1, layout: ParameterLayout) {
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
        self.layout = layout
    }

    package func prepare(limits: PassLimits, keepsWeight: Bool = false) {
        shards = ShardAccumulator(length: inputs * outputs, merge: .sum, shardCount: limits.shards)
    }

    private func offset(_ i: Int, _ o: Int) -> Int {
        layout.offset(row: i, column: o, rows: inputs, columns: outputs)
    }

    package func forward(
        _ x: UnsafePointer<Scalar>, xStride: Int? = nil, rows: Int, weight: UnsafePointer<Scalar>,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>
    ) {
        for n in 0..<rows {
            let x = x + n * (xStride ?? inputs)
            for o in 0..<outputs {
                var sum = bias?[o] ?? .zero
                for i in 0..<inputs { sum = Scalar.multiplyAdd(x[i], weight[offset(i, o)], sum) }
                y[n * outputs + o] = sum
            }
        }
    }

    package func inputGradient(
        _ dY: UnsafePointer<Scalar>, dYStride: Int? = nil, rows: Int, weight: UnsafePointer<Scalar>,
        weightIsUnchanged: Bool, into dX: UnsafeMutablePointer<Scalar>
    ) {
        for n in 0..<rows {
            let dY = dY + n * (dYStride ?? outputs)
            for i in 0..<inputs {
                var sum = Scalar.zero
                for o in 0..<outputs { sum = Scalar.multiplyAdd(dY[o], weight[offset(i, o)], sum) }
                dX[n * inputs + i] = sum
            }
        }
    }

    package func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>
    ) {
        guard let shards else { preconditionFailure("weight gradient before prepare") }
        shards.reduce(root: root, of: layout, into: dW) { samples, record in
            let rows = samples.rows(each: rowsPerSample)
            for i in 0..<inputs {
                for o in 0..<outputs {
                    var sum = Scalar.zero
                    for n in rows { sum = Scalar.multiplyAdd(x[n * inputs + i], dY[n * outputs + o], sum) }
                    record[offset(i, o)] = sum
                }
            }
        }
    }
}
