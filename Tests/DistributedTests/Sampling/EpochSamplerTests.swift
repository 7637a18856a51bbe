import Distributed
import Testing

@Suite struct EpochSamplerTests {
    private func order(_ sampler: EpochSampler) -> [UInt32] {
        Array(sampler.indices(positions: 0..<sampler.sampleCount))
    }

    private func sampler(_ count: Int, seed: UInt64 = 1, dropLast: Bool = false, shuffle: Bool = true) -> EpochSampler {
        EpochSampler(sampleCount: count, globalBatchSize: 5, dropLast: dropLast, seed: seed, shuffle: shuffle)
    }

    /// Orders from another implementation of Philox and of Fisher and Yates' shuffle, in Python.
    @Test func ordersArePinned() {
        let first = sampler(12)
        #expect(order(first) == [1, 6, 4, 8, 3, 2, 0, 7, 5, 9, 10, 11])
        first.begin(epoch: 1)
        #expect(order(first) == [6, 7, 9, 5, 4, 8, 1, 10, 11, 2, 0, 3])
        let second = sampler(12, seed: 0x0123_4567_89AB_CDEF)
        second.begin(epoch: 3)
        #expect(order(second) == [6, 8, 2, 1, 4, 7, 0, 11, 10, 5, 9, 3])
    }

    @Test(arguments: [1, 2, 5, 4000])
    func everySampleComesOnceAnEpoch(count: Int) {
        let sampler = sampler(count)
        for epoch in 0..<3 {
            sampler.begin(epoch: epoch)
            #expect(order(sampler).sorted() == (0..<UInt32(count)).map { $0 })
        }
    }

    @Test func anEpochCanBeBegunAgain() {
        let sampler = sampler(100)
        sampler.begin(epoch: 7)
        let seventh = order(sampler)
        sampler.begin(epoch: 8)
        #expect(order(sampler) != seventh)
        sampler.begin(epoch: 7)
        #expect(order(sampler) == seventh)
    }

    @Test func withoutShufflingTheFileDecides() {
        let sampler = sampler(9, shuffle: false)
        sampler.begin(epoch: 4)
        #expect(order(sampler) == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func theLastBatchIsUsedUnlessDropped() {
        let kept = sampler(12)
        #expect(kept.stepsPerEpoch == 3)
        #expect((0..<3).map(kept.batchRows(step:)) == [5, 5, 2])
        #expect(kept.firstPosition(step: 2) == 10)
        let dropped = sampler(12, dropLast: true)
        #expect(dropped.stepsPerEpoch == 2)
        #expect((0..<2).map(dropped.batchRows(step:)) == [5, 5])
        #expect(sampler(10).stepsPerEpoch == 2 && sampler(10, dropLast: true).stepsPerEpoch == 2)
        #expect(sampler(3).stepsPerEpoch == 1 && sampler(3, dropLast: true).stepsPerEpoch == 0)
    }

    /// Six samples over 7,200 epochs: each sample at each place 1,200 times, with a standard deviation of 32.
    @Test func everyPlaceIsEquallyLikely() {
        let sampler = sampler(6)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 6), count: 6)
        for epoch in 0..<7200 {
            sampler.begin(epoch: epoch)
            for (position, sample) in order(sampler).enumerated() { counts[position][Int(sample)] += 1 }
        }
        let chiSquare = counts.joined().map { Double(($0 - 1200) * ($0 - 1200)) / 1200 }.reduce(0, +)
        // 25 degrees of freedom: 52.6 is exceeded once in a thousand seeds.
        #expect(chiSquare < 52.6, "\(counts)")
    }
}
