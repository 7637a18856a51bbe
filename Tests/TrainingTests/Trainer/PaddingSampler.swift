import Core
import Distributed

/// As PyTorch's `DistributedSampler`: an epoch is filled up with its own first samples until the ranks divide it.
final class PaddingSampler: Sampler {
    let sampleCount: Int
    let stepsPerEpoch: Int
    private let real: EpochSampler
    private let order: AlignedBuffer<UInt32>

    init(_ real: EpochSampler, ranks: Int) {
        self.real = real
        sampleCount = (real.sampleCount + ranks - 1) / ranks * ranks
        stepsPerEpoch =
            real.dropLast ? sampleCount / real.globalBatchSize : (sampleCount - 1) / real.globalBatchSize + 1
        order = AlignedBuffer(count: sampleCount)
        begin(epoch: 0)
    }

    func begin(epoch: Int) {
        real.begin(epoch: epoch)
        let samples = real.indices(positions: 0..<real.sampleCount)
        for position in 0..<sampleCount { order[position] = samples[position % samples.count] }
    }

    func batchRows(step: Int) -> Int { min(real.globalBatchSize, sampleCount - step * real.globalBatchSize) }

    func firstPosition(step: Int) -> Int { real.firstPosition(step: step) }

    func indices(positions: Range<Int>) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(rebasing: UnsafeBufferPointer(order.elements)[positions])
    }
}
