/// What a layernorm layer on rows of C features works with, allocated once.
final class LayerNormMemory<Scalar: TrainingScalar> {
    /// C.
    let width: Int
    /// The most rows of features of a pass.
    let rowLimit: Int

    /// The mean of each row, rounded, and what the rounding left.
    let mean: UnsafeMutablePointer<Scalar>
    let meanTail: UnsafeMutablePointer<Scalar>
    /// 1 / √(variance + epsilon) of each row.
    let inverseDeviation: UnsafeMutablePointer<Scalar>

    private let parameterSums: ShardAccumulator<Scalar>
    /// (Σ dY, Σ dY·x̂) of one root.
    private let rootSums: AlignedBuffer<Scalar>
    private let storage: AlignedBuffer<Scalar>

    init(width: Int, rows: Int, shards: Int) {
        self.width = width
        rowLimit = rows
        parameterSums = ShardAccumulator(length: 2 * width, merge: .sum, shardCount: shards)
        rootSums = AlignedBuffer(count: 2 * width)
        storage = AlignedBuffer(count: 3 * rows, kind: .activations)
        mean = storage.base
        meanTail = storage.base + rows
        inverseDeviation = storage.base + 2 * rows
    }

    /// Merges the shards' records (dbeta, dgamma) of root `root` along the tree; leaves the gradients alone if it holds no row.
    ///
    /// - Parameter partial: writes the record of the shard with the given samples.
    func reduceParameterGradients(
        root: Int, of layout: ShardLayout, beta: UnsafeMutablePointer<Scalar>, gamma: UnsafeMutablePointer<Scalar>,
        partial: (_ samples: Range<Int>, _ record: UnsafeMutablePointer<Scalar>) -> Void
    ) {
        guard parameterSums.reduce(root: root, of: layout, into: rootSums.base, partial: partial) else { return }
        beta.update(from: rootSums.base, count: width)
        gamma.update(from: rootSums.base + width, count: width)
    }
}
