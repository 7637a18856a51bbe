/// What a batchnorm layer of C channels works with, allocated once.
final class BatchNormMemory<Scalar: TrainingScalar> {
    let channels: Int
    /// The most shards of a pass.
    let shardLimit: Int
    /// (count, mean [C], M2 [C]) of the pass over all ranks.
    let moments: BatchRecord<Scalar.Accumulator>
    /// (Σ dY [C], Σ dY·x̂ [C]) of the pass over all ranks.
    let gradientSums: BatchRecord<Scalar.Accumulator>

    /// The numbers that the channels' constants fill: whole vectors and whole rows, repeated until a loop over them is long.
    let period: Int

    // The constants of every channel, [C], again and again up to `period`.

    /// The mean, rounded, and what the rounding left.
    let mean: UnsafeMutablePointer<Scalar>
    let meanTail: UnsafeMutablePointer<Scalar>
    /// 1 / √(variance + epsilon).
    let inverseDeviation: UnsafeMutablePointer<Scalar>
    let gamma: UnsafeMutablePointer<Scalar>
    let beta: UnsafeMutablePointer<Scalar>
    /// Σ dY / n.
    let gradientMean: UnsafeMutablePointer<Scalar>
    /// Σ dY·x̂ / n.
    let gradientSlope: UnsafeMutablePointer<Scalar>
    /// gamma / √(variance + epsilon).
    let scale: UnsafeMutablePointer<Scalar>

    /// Two sums a channel of each of this rank's shards, empty ones too, and of one more that nobody reads.
    private let shardSums: AlignedBuffer<Scalar.Accumulator>
    /// How far the second sums of a shard are from the first.
    let sumsSize: Int
    /// (Σ dY, Σ dY·x̂) of each of this rank's shards that holds a row, rounded: the leaves of dbeta and dgamma.
    private let roundedSums: AlignedBuffer<Scalar>
    private let parameterSums: ShardAccumulator<Scalar>
    private let rootSums: AlignedBuffer<Scalar>
    private let storage: AlignedBuffer<Scalar>

    init(channels: Int, limits: PassLimits) {
        self.channels = channels
        shardLimit = limits.shards
        moments = BatchRecord(length: 1 + 2 * channels, merge: .moments, limits: limits)
        gradientSums = BatchRecord(length: 2 * channels, merge: .sum, limits: limits)
        sumsSize = channels + ColumnChains.slack
        shardSums = AlignedBuffer(count: (limits.shards + 1) * 2 * sumsSize)
        roundedSums = AlignedBuffer(count: limits.shards * 2 * channels)
        parameterSums = ShardAccumulator(length: 2 * channels, merge: .sum, shardCount: limits.shards)
        rootSums = AlignedBuffer(count: 2 * channels)
        period = Self.period(channels: channels)
        let size = period + ColumnChains.slack
        storage = AlignedBuffer(count: 8 * size)
        mean = storage.base
        meanTail = storage.base + size
        inverseDeviation = storage.base + 2 * size
        gamma = storage.base + 3 * size
        beta = storage.base + 4 * size
        gradientMean = storage.base + 5 * size
        gradientSlope = storage.base + 6 * size
        scale = storage.base + 7 * size
    }

    /// The smallest number of whole rows and whole vectors of 16 that is 256 or more; one row where that has as many already.
    private static func period(channels: Int) -> Int {
        if channels >= 256 { return channels }
        var vectors = channels
        while vectors % 16 != 0 { vectors += channels }
        return (255 / vectors + 1) * vectors
    }

    // MARK: Constants

    func set(gamma: UnsafePointer<Scalar>, beta: UnsafePointer<Scalar>) {
        self.gamma.update(from: gamma, count: channels)
        self.beta.update(from: beta, count: channels)
        repeatChannels(self.gamma)
        repeatChannels(self.beta)
    }

    /// To be called when mean and deviation are set.
    func repeatStatistics() {
        repeatChannels(mean)
        repeatChannels(meanTail)
        repeatChannels(inverseDeviation)
    }

    /// To be called when the gradient's means and the scale are set.
    func repeatSlopes() {
        repeatChannels(gradientMean)
        repeatChannels(gradientSlope)
        repeatChannels(scale)
    }

    private func repeatChannels(_ constants: UnsafeMutablePointer<Scalar>) {
        var filled = channels
        while filled < period {
            let count = min(filled, period - filled)
            (constants + filled).update(from: constants, count: count)
            filled += count
        }
    }

    // MARK: Shards

    /// Lets `body` sum the rows of two neighbouring shards at a time, from +0: two, so that few channels have chains enough. A last
    /// shard alone has an empty neighbour, whose sums nobody reads.
    @inline(__always)
    func forPairs(
        of layout: ShardLayout, places: Int,
        _ body: (
            _ rows: InlineArray<2, Range<Int>>, _ sums: InlineArray<2, UnsafeMutablePointer<Scalar.Accumulator>>
        ) -> Void
    ) {
        let size = 2 * sumsSize
        shardSums.base.update(repeating: .zero, count: (layout.shardCount + 1) * size)
        for shard in stride(from: 0, to: layout.shardCount, by: 2) {
            let neighbour = shard + 1 < layout.shardCount ? layout.rows(of: shard + 1).rows(each: places) : 0..<0
            let sums = shardSums.base + shard * size
            body([layout.rows(of: shard).rows(each: places), neighbour], [sums, sums + size])
        }
    }

    /// Merges the shards' sums, means and M2s, over all ranks.
    ///
    /// - Important: Collective.
    func mergeMoments(_ context: PassContext, places: Int) -> UnsafePointer<Scalar.Accumulator> {
        var shard = 0
        return moments.reduce(context) { samples, record in
            record[0] = Scalar.Accumulator(Double(samples.count * places))
            copySums(ofShardFrom: &shard, in: context.shards, into: record + 1)
        }
    }

    /// Merges the shards' gradient sums over all ranks, and keeps each for the parameters' gradients.
    ///
    /// - Important: Collective.
    func mergeGradientSums(_ context: PassContext) -> UnsafePointer<Scalar.Accumulator> {
        var (shard, occupied) = (0, 0)
        return gradientSums.reduce(context) { _, record in
            copySums(ofShardFrom: &shard, in: context.shards, into: record)
            keep(record, shard: occupied)
            occupied += 1
        }
    }

    /// Copies both sums of the first shard from `shard` on that holds a row, and goes on to the next shard.
    private func copySums(
        ofShardFrom shard: inout Int, in layout: ShardLayout, into record: UnsafeMutablePointer<Scalar.Accumulator>
    ) {
        while layout.rows(of: shard).isEmpty { shard += 1 }
        let sums = shardSums.base + shard * 2 * sumsSize
        record.update(from: sums, count: channels)
        (record + channels).update(from: sums + sumsSize, count: channels)
        shard += 1
    }

    /// Keeps the sums of the `shard`-th shard that holds a row, rounded.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func keep(_ record: UnsafePointer<Scalar.Accumulator>, shard: Int) {
        let target = roundedSums.base + shard * 2 * channels
        for i in 0..<(2 * channels) { target[i] = Scalar(rounding: record[i]) }
    }

    /// Merges the kept sums of the shards of root `root` along the tree; leaves the gradients alone if it holds no row.
    func exportParameterGradients(
        root: Int, of layout: ShardLayout, beta: UnsafeMutablePointer<Scalar>, gamma: UnsafeMutablePointer<Scalar>
    ) {
        var shard = layout.occupiedShards(before: root)
        let present = parameterSums.reduce(root: root, of: layout, into: rootSums.base) { _, record in
            record.update(from: roundedSums.base + shard * 2 * channels, count: 2 * channels)
            shard += 1
        }
        guard present else { return }
        beta.update(from: rootSums.base, count: channels)
        gamma.update(from: rootSums.base + channels, count: channels)
    }
}
