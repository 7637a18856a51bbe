/// What a batchnorm layer of C channels works with, allocated once.
final class BatchNormMemory<Scalar: TrainingScalar> {
    let channels: Int
    /// The most shards of a pass.
    let shardLimit: Int
    /// (count, mean [C], M2 [C]) of the pass over all ranks.
    let moments: BatchRecord<Scalar.Accumulator>
    /// (Σ dY [C], Σ dY·x̂ [C]) of the pass over all ranks.
    let gradientSums: BatchRecord<Scalar.Accumulator>

    /// The mean, [C], rounded, and what the rounding left.
    let mean: UnsafeMutablePointer<Scalar>
    let meanTail: UnsafeMutablePointer<Scalar>
    /// 1 / √(variance + epsilon), [C].
    let inverseDeviation: UnsafeMutablePointer<Scalar>
    /// Σ dY / n, [C].
    let gradientMean: UnsafeMutablePointer<Scalar>
    /// Σ dY·x̂ / n, [C].
    let gradientSlope: UnsafeMutablePointer<Scalar>
    /// gamma / √(variance + epsilon), [C].
    let scale: UnsafeMutablePointer<Scalar>

    /// (Σ dY, Σ dY·x̂) of each of this rank's shards that holds a row, rounded: the leaves of dbeta and dgamma.
    private let shardSums: AlignedBuffer<Scalar>
    private let parameterSums: ShardAccumulator<Scalar>
    private let rootSums: AlignedBuffer<Scalar>
    private let storage: AlignedBuffer<Scalar>

    init(channels: Int, limits: PassLimits) {
        self.channels = channels
        shardLimit = limits.shards
        moments = BatchRecord(length: 1 + 2 * channels, merge: .moments, limits: limits)
        gradientSums = BatchRecord(length: 2 * channels, merge: .sum, limits: limits)
        shardSums = AlignedBuffer(count: limits.shards * 2 * channels)
        parameterSums = ShardAccumulator(length: 2 * channels, merge: .sum, shardCount: limits.shards)
        rootSums = AlignedBuffer(count: 2 * channels)
        storage = AlignedBuffer(count: 6 * channels)
        mean = storage.base
        meanTail = storage.base + channels
        inverseDeviation = storage.base + 2 * channels
        gradientMean = storage.base + 3 * channels
        gradientSlope = storage.base + 4 * channels
        scale = storage.base + 5 * channels
    }

    /// Keeps the sums of the `shard`-th shard that holds a row, rounded.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func keep(_ record: UnsafePointer<Scalar.Accumulator>, shard: Int) {
        let target = shardSums.base + shard * 2 * channels
        for i in 0..<(2 * channels) { target[i] = Scalar(rounding: record[i]) }
    }

    /// Merges the kept sums of the shards of root `root` along the tree; leaves the gradients alone if it holds no row.
    func exportParameterGradients(
        root: Int, of layout: ShardLayout, beta: UnsafeMutablePointer<Scalar>, gamma: UnsafeMutablePointer<Scalar>
    ) {
        var shard = layout.occupiedShards(before: root)
        let present = parameterSums.reduce(root: root, of: layout, into: rootSums.base) { _, record in
            record.update(from: shardSums.base + shard * 2 * channels, count: 2 * channels)
            shard += 1
        }
        guard present else { return }
        beta.update(from: rootSums.base, count: channels)
        gamma.update(from: rootSums.base + channels, count: channels)
    }
}
