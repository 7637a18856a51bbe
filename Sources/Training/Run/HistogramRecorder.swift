import Core
import Distributed

/// Counts gradients, weights and updates of the owned slice and joins the counts over all ranks: integers, so exact.
package final class HistogramRecorder {
    private let arena: ParameterArena<Float>
    private let owned: Range<Int>
    private let communicator: any Communicator
    private let bins: HistogramBins
    /// The owned weights before the step; after it, the updates.
    private let before: AlignedBuffer<Float>
    /// A row of `HistogramTable`: kind, parameter, counts.
    private let counts: AlignedBuffer<UInt64>

    package init(arena: ParameterArena<Float>, owned: Range<Int>, communicator: any Communicator, bins: HistogramBins) {
        self.arena = arena
        self.owned = owned
        self.communicator = communicator
        self.bins = bins
        before = AlignedBuffer(count: owned.count)
        counts = AlignedBuffer(count: 3 * arena.parameters.count * bins.storageCount)
    }

    /// Counts the reduced gradient and keeps the weights, before the step changes them.
    package func beforeUpdate(gradient: UnsafePointer<Float>) {
        counts.base.update(repeating: 0, count: counts.count)
        count(gradient, kind: 0)
        before.base.update(from: arena.values + owned.lowerBound, count: owned.count)
    }

    /// Counts weights and updates and joins all counts.
    ///
    /// - Returns: one row, valid until the next call of `beforeUpdate`.
    /// - Important: Collective; every rank calls it in the same order.
    package func afterUpdate() -> UnsafeBufferPointer<UInt64> {
        let values = arena.values + owned.lowerBound
        count(values, kind: 1)
        for i in 0..<owned.count { before.base[i] = values[i] - before.base[i] }
        count(before.base, kind: 2)
        communicator.allreduce(counts.elements, .sum)
        return UnsafeBufferPointer(counts.elements)
    }

    /// Counts the owned part of every parameter.
    private func count(_ slice: UnsafePointer<Float>, kind: Int) {
        for (index, parameter) in arena.parameters.enumerated() {
            let range = parameter.range.clamped(to: owned)
            guard !range.isEmpty else { continue }
            bins.add(
                slice + (range.lowerBound - owned.lowerBound), count: range.count,
                into: counts.base + (kind * arena.parameters.count + index) * bins.storageCount)
        }
    }
}
