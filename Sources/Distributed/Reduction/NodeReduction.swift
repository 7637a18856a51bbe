import Core

/// The reduction of gradients that lie where a node's ranks can read them: each rank sums its slice straight out of its
/// neighbours' memory, in tree order, and writes the new parameters where all of them read.
///
/// Between nodes the ranks in the same place deal with each other: each adds up what its node has of the slices that its
/// counterparts own, sends them that, and passes on the parameters that they send back. What crosses the network is one arena
/// a subtree of shards that a node holds, at most, and one arena of parameters, cut into as many messages as a node has ranks.
/// With every rank a node of its own this is a reduction by messages.
public final class NodeReduction<Scalar: TrainingScalar>: GradientReduction {
    public let ownedBlocks: Range<Int>
    public let ownedElements: Range<Int>

    private let communicator: any Communicator
    private let memory: ParameterWindow<Scalar>
    private let nodes: Nodes
    private let window: SharedWindow
    private let blocks: ParameterBlocks
    /// For each rank, what it owns.
    private let blocksOfRank: [Range<Int>]
    private let elementsOfRank: [Range<Int>]
    /// For each rank, the bytes of a number a block and one more, and those of the message at hand.
    private let blockBytes: [Int]
    private var messageBytes: [Int]
    /// Whether this rank has gradient memory of its own.
    private let hasRoots: Bool
    /// The owned slice of what other nodes add up, and of the sum where this rank has no memory for it.
    private let received: AlignedBuffer<Scalar>
    /// The owned slice of each finished subtree that waits for the batch's next pass.
    private let waiting: AlignedBuffer<Scalar>
    private let squareSums: AlignedBuffer<Double>
    /// The numbers of one's own blocks, and of all ranks', each rank's followed by one more and by what goes along; they grow to
    /// the longest.
    private var ownMessage: AlignedBuffer<UInt8>
    private var allMessages: AlignedBuffer<UInt8>
    private let outgoing: StretchList
    private let incoming: StretchList
    private var plan: NodePlan
    private let sums: BlockSums<Scalar>
    /// Where the arena of each operand begins, by the plan's numbers; of what others add up, nil.
    private var operands: [UnsafeMutablePointer<Scalar>?] = []
    private var slices: [UnsafeMutablePointer<Scalar>?] = []

    /// - Parameters:
    ///   - memory: what the rank's arena is sealed with.
    ///   - blocks: the blocks of the arena's parameters.
    public init(
        communicator: any Communicator, memory: ParameterWindow<Scalar>, blocks: ParameterBlocks,
        assignment: ShardAssignment
    ) {
        let rank = communicator.rank
        let size = communicator.size
        precondition(assignment.ranks == size, "shards for \(assignment.ranks) ranks, used with \(size)")
        self.communicator = communicator
        self.memory = memory
        self.blocks = blocks
        window = memory.window
        let nodes = memory.window.nodes
        self.nodes = nodes
        blocksOfRank = (0..<size).map { blocks.blocks(of: $0, of: size) }
        elementsOfRank = blocksOfRank.map(blocks.elements(of:))
        ownedBlocks = blocksOfRank[rank]
        ownedElements = elementsOfRank[rank]
        blockBytes = blocksOfRank.map { ($0.count + 1) * MemoryLayout<Double>.stride }
        messageBytes = blockBytes
        let allRoots = assignment.maximumRoots(of: 0..<size)
        let foreignRoots =
            nodes.count == 1
            ? 0
            : (0..<size).map { nodes.nodeOfRank[$0] == nodes.own ? 0 : assignment.maximumRoots(of: $0..<($0 + 1)) }
                .reduce(0, +)
        hasRoots = assignment.maximumRoots(of: rank..<(rank + 1)) > 0
        received = AlignedBuffer(count: (foreignRoots + (hasRoots ? 0 : 1)) * Self.stride(ownedElements.count))
        waiting = AlignedBuffer(count: assignment.waiting * Self.stride(ownedElements.count))
        squareSums = AlignedBuffer(count: ownedBlocks.count)
        ownMessage = AlignedBuffer(count: blockBytes[rank])
        allMessages = AlignedBuffer(count: blockBytes.reduce(0, +))
        outgoing = StretchList(capacity: max(allRoots, 1) * size)
        incoming = StretchList(capacity: max(allRoots, size))
        plan = NodePlan(capacity: assignment.waiting + allRoots)
        sums = BlockSums(capacity: assignment.waiting + allRoots)
        operands.reserveCapacity(assignment.waiting + allRoots)
        slices.reserveCapacity(assignment.waiting + allRoots)
    }

    /// Slices in the buffers begin at cache lines.
    private static func stride(_ count: Int) -> Int { (count + 63) / 64 * 64 }

    /// - Complexity: reads every root of the node on the owned elements, and on as many of each other node; no allocation.
    public func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Scalar> {
        let batchPlan = partition.batchPlan
        plan.assign(batchPlan, presentRoots: partition.presentRoots, nodes: nodes)
        placeOperands(partition)
        window.waitForNode()
        if nodes.count > 1 { exchange(batchPlan) }
        placeSlices(batchPlan)
        sums.plan(batchPlan, plan, node: nodes.own, slices, into: ownSlice ?? received.base, waitingSlice)
        // After the batch's last pass a block's squares are summed while it is in the cache.
        sums.take(blocks.blocks[ownedBlocks], squareSums: batchPlan.isLast ? squareSums.base : nil)
        // The next pass writes the memory that the neighbours have just read.
        if !batchPlan.isLast { window.waitForNode() }
        return sums.result
    }

    /// Where the sum goes: into this rank's own memory, which no neighbour has to fetch back. Nil for a rank without a root.
    private var ownSlice: UnsafeMutablePointer<Scalar>? {
        hasRoots ? memory.gradient(ofPlace: nodes.place, root: 0) + ownedElements.lowerBound : nil
    }

    /// Finds the owned slice of every operand.
    private func placeSlices(_ batchPlan: MergePlan) {
        slices.removeAll(keepingCapacity: true)
        // The first slice of what is received is kept for the sum of a rank without a root.
        var next = received.base + (hasRoots ? 0 : Self.stride(ownedElements.count))
        for number in plan.nodeOfOperand.indices {
            if number < batchPlan.waiting {
                slices.append(waitingSlice(number))
            } else if let base = operands[number] {
                slices.append(base + ownedElements.lowerBound)
            } else if plan.isExported[number] {
                slices.append(next)
                next += Self.stride(ownedElements.count)
            } else {
                slices.append(nil)
            }
        }
    }

    /// Finds this node's roots: where each one's arena begins.
    private func placeOperands(_ partition: BatchPartition) {
        operands.removeAll(keepingCapacity: true)
        for _ in 0..<partition.batchPlan.waiting { operands.append(nil) }
        for rank in 0..<communicator.size {
            let isNear = nodes.nodeOfRank[rank] == nodes.own
            for root in 0..<partition.presentRoots[rank] {
                operands.append(isNear ? memory.gradient(ofPlace: nodes.placeInNode[rank], root: root) : nil)
            }
        }
    }

    /// Adds up what this node has of the slices that this rank's counterparts own, sends it, and receives what theirs have of
    /// this rank's.
    private func exchange(_ batchPlan: MergePlan) {
        outgoing.removeAll()
        incoming.removeAll()
        let size = communicator.size
        // Everybody starts with another peer, so that no rank is sent to by all at once.
        for distance in 1..<size {
            let owner = (communicator.rank + distance) % size
            guard nodes.nodeOfRank[owner] != nodes.own, nodes.helper(of: owner, on: nodes.own) == communicator.rank
            else { continue }
            sumForOthers(batchPlan, elementsOfRank[owner])
            for number in plan.nodeOfOperand.indices where plan.isExported[number] {
                if let base = operands[number] { outgoing.append(owner, base, elementsOfRank[owner]) }
            }
        }
        var next = received.base + (hasRoots ? 0 : Self.stride(ownedElements.count))
        for number in plan.nodeOfOperand.indices where plan.isExported[number] && operands[number] == nil {
            let peer = nodes.helper(of: communicator.rank, on: plan.nodeOfOperand[number])
            incoming.append(peer, next, 0..<ownedElements.count)
            next += Self.stride(ownedElements.count)
        }
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }

    private func waitingSlice(_ place: Int) -> UnsafeMutablePointer<Scalar> {
        waiting.base + place * Self.stride(ownedElements.count)
    }

    /// Follows this node's own steps of the plan on the elements that a rank of another node owns.
    private func sumForOthers(_ batchPlan: MergePlan, _ elements: Range<Int>) {
        for start in Swift.stride(from: elements.lowerBound, to: elements.upperBound, by: Self.tile) {
            let length = min(Self.tile, elements.upperBound - start)
            for (index, step) in batchPlan.steps.enumerated() where plan.nodeOfStep[index] == nodes.own {
                let left = operands[step.left]! + start
                Elementwise.add(left, operands[step.right]! + start, into: left, count: length)
            }
        }
    }

    public var blockSquareSums: UnsafePointer<Double> { UnsafePointer(squareSums.base) }

    public func publish() {
        guard communicator.size > 1 else { return }
        if nodes.count > 1 {
            outgoing.removeAll()
            incoming.removeAll()
            for distance in 1..<nodes.count {
                let node = (nodes.own + distance) % nodes.count
                outgoing.append(nodes.helper(of: communicator.rank, on: node), memory.values, ownedElements)
            }
            for owner in 0..<communicator.size
            where nodes.nodeOfRank[owner] != nodes.own && nodes.helper(of: owner, on: nodes.own) == communicator.rank {
                incoming.append(owner, memory.values, elementsOfRank[owner])
            }
            communicator.exchange(outgoing.stretches, incoming.stretches)
        }
        window.waitForNode()
    }

    public func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64 {
        let rank = communicator.rank
        var total = 0
        for rank in 0..<communicator.size {
            messageBytes[rank] = blockBytes[rank] + (bytes?.counts[rank] ?? 0)
            total += messageBytes[rank]
        }
        if ownMessage.count < messageBytes[rank] {
            ownMessage = AlignedBuffer(count: messageBytes[rank], kind: .reduction)
        }
        if allMessages.count < total { allMessages = AlignedBuffer(count: total, kind: .reduction) }
        let own = UnsafeMutableRawPointer(ownMessage.base)
        let flagsOffset = ownedBlocks.count * MemoryLayout<Double>.stride
        own.copyMemory(from: owned, byteCount: flagsOffset)
        own.storeBytes(of: flags, toByteOffset: flagsOffset, as: UInt64.self)
        if let bytes, let base = bytes.own.baseAddress {
            (own + blockBytes[rank]).copyMemory(from: base, byteCount: bytes.own.count)
        }
        communicator.allgather(
            UnsafeRawBufferPointer(start: own, count: messageBytes[rank]), counts: messageBytes,
            into: UnsafeMutableRawBufferPointer(start: allMessages.base, count: total))
        var joined: UInt64 = 0
        var next = UnsafeMutableRawPointer(allMessages.base)
        var along = 0
        for rank in 0..<communicator.size {
            let blocks = blocksOfRank[rank]
            let flagsOffset = blocks.count * MemoryLayout<Double>.stride
            UnsafeMutableRawPointer(all + blocks.lowerBound).copyMemory(from: next, byteCount: flagsOffset)
            joined |= next.loadUnaligned(fromByteOffset: flagsOffset, as: UInt64.self)
            if let bytes, let target = bytes.all.baseAddress {
                (target + along).copyMemory(from: next + blockBytes[rank], byteCount: bytes.counts[rank])
                along += bytes.counts[rank]
            }
            next += messageBytes[rank]
        }
        return joined
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

    /// The elements summed at a time for others: two operands stay in the first-level cache.
    private static var tile: Int { 1024 }
}
