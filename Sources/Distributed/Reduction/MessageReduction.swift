import Core

/// The reduction by messages: each rank sends every owner that owner's slice of its root partials, straight out of the
/// gradient arena; owners sum what they receive in tree order.
///
/// What crosses the network is one arena a root, at most, and one arena for `publish`: as much as an allreduce moves.
public final class MessageReduction<Scalar: TrainingScalar>: GradientReduction {
    public let ownedBlocks: Range<Int>
    public let ownedElements: Range<Int>

    private let communicator: any Communicator
    private let arena: ParameterArena<Scalar>
    /// For each rank, what it owns.
    private let blocksOfRank: [Range<Int>]
    private let elementsOfRank: [Range<Int>]
    private let blockBytes: [Int]
    /// The owned slice of every other rank's roots.
    private let received: AlignedBuffer<Scalar>
    /// The owned slice of each finished subtree that waits for the batch's next pass.
    private let waiting: AlignedBuffer<Scalar>
    private let outgoing: StretchList
    private let incoming: StretchList
    /// Where the slice of each operand lies, by the plan's numbers.
    private var slices: [UnsafeMutablePointer<Scalar>] = []

    /// - Parameters:
    ///   - arena: sealed, with as many roots as this rank exports in any pass.
    ///   - blocks: the blocks of the arena's parameters.
    public init(
        communicator: any Communicator, arena: ParameterArena<Scalar>, blocks: ParameterBlocks,
        assignment: ShardAssignment
    ) {
        let rank = communicator.rank
        let size = communicator.size
        precondition(assignment.ranks == size, "shards for \(assignment.ranks) ranks, used with \(size)")
        let ownRoots = assignment.maximumRoots(of: rank..<(rank + 1))
        precondition(
            arena.rootCount == ownRoots, "the arena has \(arena.rootCount) roots, rank \(rank) exports \(ownRoots)")
        self.communicator = communicator
        self.arena = arena
        blocksOfRank = (0..<size).map { blocks.blocks(of: $0, of: size) }
        elementsOfRank = blocksOfRank.map(blocks.elements(of:))
        ownedBlocks = blocksOfRank[rank]
        ownedElements = elementsOfRank[rank]
        blockBytes = blocksOfRank.map { $0.count * MemoryLayout<Double>.stride }
        let allRoots = assignment.maximumRoots(of: 0..<size)
        // A pass in which this rank exports fewer roots may have as many of the others' more.
        let foreignRoots = assignment.maximumRoots(of: 0..<rank) + assignment.maximumRoots(of: (rank + 1)..<size)
        received = AlignedBuffer(count: foreignRoots * Self.stride(ownedElements.count))
        waiting = AlignedBuffer(count: assignment.waiting * Self.stride(ownedElements.count))
        outgoing = StretchList(capacity: max(ownRoots, 1) * size)
        incoming = StretchList(capacity: max(allRoots, size))
        slices.reserveCapacity(assignment.waiting + allRoots)
    }

    /// Slices in the buffers begin at cache lines.
    private static func stride(_ count: Int) -> Int { (count + 63) / 64 * 64 }

    /// - Complexity: receives `ownedElements.count` elements a foreign root, and copies as many for each subtree that begins to
    ///   wait; no allocation.
    public func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Scalar> {
        let rank = communicator.rank
        let size = communicator.size
        outgoing.removeAll()
        // Everybody starts with another peer, so that no rank is sent to by all at once.
        for distance in 1..<max(size, 1) {
            let peer = (rank + distance) % size
            for root in 0..<partition.presentRoots[rank] {
                outgoing.append(peer, arena.gradients(root: root), elementsOfRank[peer])
            }
        }
        incoming.removeAll()
        slices.removeAll(keepingCapacity: true)
        let plan = partition.batchPlan
        for place in 0..<plan.waiting { slices.append(waitingSlice(place)) }
        var next = received.base
        for peer in 0..<size {
            for root in 0..<partition.presentRoots[peer] {
                if peer == rank {
                    slices.append(arena.gradients(root: root) + ownedElements.lowerBound)
                } else {
                    slices.append(next)
                    incoming.append(peer, next, 0..<ownedElements.count)
                    next += Self.stride(ownedElements.count)
                }
            }
        }
        if size > 1 { communicator.exchange(outgoing.stretches, incoming.stretches) }
        slices.withUnsafeBufferPointer { slices in
            Self.sum(slices.baseAddress!, plan: plan, count: ownedElements.count)
        }
        if !plan.isLast {
            for (place, number) in plan.remaining.enumerated() where number >= plan.waiting {
                waitingSlice(place).update(from: slices[number], count: ownedElements.count)
            }
        }
        return slices[plan.remaining[0]]
    }

    private func waitingSlice(_ place: Int) -> UnsafeMutablePointer<Scalar> {
        waiting.base + place * Self.stride(ownedElements.count)
    }

    public func publish() {
        let size = communicator.size
        guard size > 1 else { return }
        outgoing.removeAll()
        incoming.removeAll()
        for distance in 1..<size {
            let to = (communicator.rank + distance) % size
            outgoing.append(to, arena.values, ownedElements)
            let from = (communicator.rank + size - distance) % size
            incoming.append(from, arena.values, elementsOfRank[from])
        }
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }

    public func allgatherBlocks(_ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>) {
        communicator.allgather(
            UnsafeRawBufferPointer(start: owned, count: blockBytes[communicator.rank]), counts: blockBytes,
            into: UnsafeMutableRawBufferPointer(start: all, count: Counts.total(blockBytes)))
    }

    public func gather(_ slice: UnsafePointer<Scalar>, into whole: UnsafeMutablePointer<Scalar>?) {
        precondition((communicator.rank == 0) == (whole != nil), "a slice is gathered at rank 0 and nowhere else")
        outgoing.removeAll()
        incoming.removeAll()
        outgoing.append(0, UnsafeMutablePointer(mutating: slice), 0..<ownedElements.count)
        if let whole {
            for peer in 0..<communicator.size { incoming.append(peer, whole, elementsOfRank[peer]) }
        }
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }

    public func scatter(_ whole: UnsafePointer<Scalar>?, into slice: UnsafeMutablePointer<Scalar>) {
        precondition((communicator.rank == 0) == (whole != nil), "rank 0 scatters a slice and nobody else")
        outgoing.removeAll()
        incoming.removeAll()
        if let whole {
            for peer in 0..<communicator.size {
                outgoing.append(peer, UnsafeMutablePointer(mutating: whole), elementsOfRank[peer])
            }
        }
        incoming.append(0, slice, 0..<ownedElements.count)
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }

    /// The elements summed at a time: two operands stay in the first-level cache.
    private static var tile: Int { 1024 }

    /// Follows the plan: left[i] += right[i] for every step, tile by tile.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func sum(_ slices: UnsafePointer<UnsafeMutablePointer<Scalar>>, plan: MergePlan, count: Int) {
        for start in Swift.stride(from: 0, to: count, by: tile) {
            let length = min(tile, count - start)
            for step in plan.steps {
                let left = slices[step.left] + start
                let right = slices[step.right] + start
                for i in 0..<length { left[i] = left[i] + right[i] }
            }
        }
    }
}
