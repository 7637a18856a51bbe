import Core

/// The order in which an epoch goes through the dataset, the same on every rank: a pure function of seed and epoch.
///
/// A shuffle is a Fisher–Yates permutation of 0 ..< n: going down from the last place, place i is swapped with one of the
/// places 0 … i, drawn by `Philox.bounded` for position i and step epoch.
/// Source: Knuth, *The Art of Computer Programming* 2, section 3.4.2, algorithm P.
public final class EpochSampler: Sampler {
    /// The samples of the dataset.
    public let sampleCount: Int
    /// The samples of one step over all ranks; the last batch of an epoch may have fewer.
    public let globalBatchSize: Int
    /// Whether a last batch smaller than the others is left out.
    public let dropLast: Bool
    /// The steps of one epoch.
    public let stepsPerEpoch: Int

    private let seed: UInt64
    private let shuffle: Bool
    private let order: AlignedBuffer<UInt32>
    /// The epoch whose order is laid out.
    private var begun: Int?

    /// - Parameters:
    ///   - seed: the run's seed.
    ///   - shuffle: false for the order of the file, in every epoch.
    public init(sampleCount: Int, globalBatchSize: Int, dropLast: Bool, seed: UInt64, shuffle: Bool) {
        precondition(0 < sampleCount && sampleCount <= Int(UInt32.max), "a dataset of \(sampleCount) samples")
        precondition(globalBatchSize > 0, "a global batch of \(globalBatchSize) samples")
        self.sampleCount = sampleCount
        self.globalBatchSize = globalBatchSize
        self.dropLast = dropLast
        self.seed = seed
        self.shuffle = shuffle
        stepsPerEpoch = dropLast ? sampleCount / globalBatchSize : (sampleCount - 1) / globalBatchSize + 1
        order = AlignedBuffer(count: sampleCount)
        begin(epoch: 0)
    }

    /// Makes the order of `epoch`.
    ///
    /// - Complexity: O(n) at an epoch's first step, O(1) at the others; no allocation.
    public func begin(epoch: Int) {
        guard epoch != begun else { return }
        begun = epoch
        let order = order.base
        for i in 0..<sampleCount { order[i] = UInt32(truncatingIfNeeded: i) }
        guard shuffle else { return }
        for i in stride(from: sampleCount - 1, to: 0, by: -1) {
            let j = Philox.bounded(i + 1, key: seed, position: i, step: epoch, purpose: .shuffle, ordinal: 0)
            (order[i], order[j]) = (order[j], order[i])
        }
    }

    /// The rows of the batch of step `step` of an epoch.
    public func batchRows(step: Int) -> Int {
        precondition(0 <= step && step < stepsPerEpoch, "step \(step) of \(stepsPerEpoch)")
        return min(globalBatchSize, sampleCount - step * globalBatchSize)
    }

    /// The position in the epoch of the first row of step `step`.
    public func firstPosition(step: Int) -> Int { step * globalBatchSize }

    /// The dataset indices at these positions of the epoch; valid until the next `begin`.
    public func indices(positions: Range<Int>) -> UnsafeBufferPointer<UInt32> {
        precondition(
            0 <= positions.lowerBound && positions.upperBound <= sampleCount,
            "positions \(positions) of \(sampleCount)")
        return UnsafeBufferPointer(start: order.base + positions.lowerBound, count: positions.count)
    }
}
