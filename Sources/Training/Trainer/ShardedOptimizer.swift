import CSystem
import Core
import Distributed

/// The optimiser over this rank's slice of the arena: its state exists once over all ranks.
public final class ShardedOptimizer {
    public let slotNames: [String]
    private let optimizer: any Optimizer<Float>
    private let arena: ParameterArena<Float>
    /// For each slot, the state of the owned elements.
    private let slots: [AlignedBuffer<Float>]
    /// The stretches of parameters that are owned.
    private let segments: [Segment]
    private let slotPointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>

    private struct Segment {
        /// The arena's elements.
        let range: Range<Int>
        /// Where they begin in the slots.
        let start: Int
        /// Where the arena's elements end that are owned from here on without a gap.
        let ownedEnd: Int
        let decays: Bool
    }

    public init(_ optimizer: any Optimizer<Float>, arena: ParameterArena<Float>, owned: OwnedSlice) {
        self.optimizer = optimizer
        self.arena = arena
        slotNames = optimizer.slotNames
        slots = optimizer.slotNames.map { _ in AlignedBuffer(count: owned.count, kind: .optimizerState) }
        segments = owned.stretches.flatMap { stretch in
            arena.parameters.compactMap { parameter in
                let range = parameter.range.clamped(to: stretch.elements)
                guard !range.isEmpty else { return nil }
                let start = stretch.start + range.lowerBound - stretch.elements.lowerBound
                return Segment(
                    range: range, start: start, ownedEnd: stretch.elements.upperBound, decays: parameter.decays)
            }
        }
        slotPointers = .allocate(capacity: slots.count)
    }

    deinit {
        slotPointers.deallocate()
    }

    /// The owned elements of slot `index`.
    public func slot(_ index: Int) -> UnsafeMutablePointer<Float> { slots[index].base }

    /// Forgets everything: the state that the first update finds.
    public func reset() {
        for slot in slots { slot.base.update(repeating: 0, count: slot.count) }
    }

    /// The elements updated at a time, while the next ones' cache lines come from the neighbour that has taken them, or from
    /// behind the second-level cache.
    private static var stretch: Int { 2048 }

    /// Clips the gradient and updates the owned parameters in place: one pass over memory.
    ///
    /// - Parameters:
    ///   - gradient: the owned elements, each at its place in the arena; clipped.
    ///   - coefficient: from `clipping` and the norm of the whole gradient.
    ///   - update: how many updates came before.
    /// - Returns: whether clipping changed any of the elements.
    /// - Complexity: no allocation.
    @discardableResult
    public func update(
        gradient: UnsafeMutablePointer<Float>, clipping: GradientClipping = .none, coefficient: Double = 1,
        learningRate: Double, update: Int
    ) -> Bool {
        var isClipped = false
        let values = arena.values
        for segment in segments {
            for first in stride(from: segment.range.lowerBound, to: segment.range.upperBound, by: Self.stretch) {
                let count = min(Self.stretch, segment.range.upperBound - first)
                let start = segment.start + first - segment.range.lowerBound
                // What follows the owned elements is being written by somebody else.
                let next = min(Self.stretch, segment.ownedEnd - first - count)
                dtrain_prefetch_to_write(values + first + count, next * MemoryLayout<Float>.stride)
                if clipping.apply(to: gradient + first, count: count, coefficient: coefficient) { isClipped = true }
                for (index, slot) in slots.enumerated() { slotPointers[index] = slot.base + start }
                optimizer.update(
                    values: values + first, gradients: gradient + first, slots: UnsafeBufferPointer(slotPointers),
                    count: count, decays: segment.decays, learningRate: learningRate, update: update)
            }
        }
        return isClipped
    }
}
