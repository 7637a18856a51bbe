import Core
import Distributed

/// Counts gradients, weights and updates of the owned slice and joins the counts over all ranks: integers, so exact.
package final class HistogramRecorder {
    private let arena: ParameterArena<Float>
    private let owned: OwnedSlice
    private let communicator: any Communicator
    private let bins: HistogramBins
    /// The owned weights before the step; after it, the updates.
    private let before: AlignedBuffer<Float>
    /// A row of `HistogramTable`: kind, parameter, counts.
    private let counts: AlignedBuffer<UInt64>

    package init(arena: ParameterArena<Float>, owned: OwnedSlice, communicator: any Communicator, bins: HistogramBins) {
        self.arena = arena
        self.owned = owned
        self.communicator = communicator
        self.bins = bins
        before = AlignedBuffer(count: owned.count)
        counts = AlignedBuffer(count: 3 * arena.parameters.count * bins.storageCount)
    }

    /// Counts the reduced gradient and keeps the weights, before the step changes them.
    ///
    /// - Parameter gradient: the owned elements, each at its place in the arena.
    package func beforeUpdate(gradient: UnsafePointer<Float>) {
        counts.base.update(repeating: 0, count: counts.count)
        for stretch in owned.stretches {
            count(gradient, stretch, kind: 0)
            let elements = stretch.elements
            (before.base + stretch.start).update(from: arena.values + elements.lowerBound, count: elements.count)
        }
    }

    /// Counts weights and updates and joins all counts.
    ///
    /// - Returns: one row, valid until the next call of `beforeUpdate`.
    /// - Important: Collective; every rank calls it in the same order.
    package func afterUpdate() -> UnsafeBufferPointer<UInt64> {
        for stretch in owned.stretches {
            let (values, before) = (arena.values, stretch.origin(in: before.base))
            count(values, stretch, kind: 1)
            for element in stretch.elements { before[element] = values[element] - before[element] }
            count(before, stretch, kind: 2)
        }
        communicator.allreduce(counts.elements, .sum)
        return UnsafeBufferPointer(counts.elements)
    }

    /// Counts the owned part of every parameter.
    ///
    /// - Parameter values: by the arena's elements.
    private func count(_ values: UnsafePointer<Float>, _ stretch: OwnedSlice.Stretch, kind: Int) {
        for (index, parameter) in arena.parameters.enumerated() {
            let range = parameter.range.clamped(to: stretch.elements)
            guard !range.isEmpty else { continue }
            bins.add(
                values + range.lowerBound, count: range.count,
                into: counts.base + (kind * arena.parameters.count + index) * bins.storageCount)
        }
    }
}
