import Core

/// The reduction of gradients that lie where a node's ranks can read them: each rank sums its slice straight out of its
/// neighbours' memory, in tree order, and writes the new parameters where all of them read.
///
/// Between nodes the ranks in the same place deal with each other: each adds up what its node has of the slices that its
/// counterparts own, sends them that, and passes on the parameters that they send back. What crosses the network is one arena
/// a subtree of shards that a node holds, at most, and one arena of parameters, cut into as many messages as a node has ranks.
/// With every rank a node of its own this is a reduction by messages.
///
/// A large arena is cut into buckets of whole layers. What crosses the network of a bucket does so once a rank, done with a layer,
/// sees that all of its node have the bucket's gradients, while the backward pass goes on in the layers before.
/// Source: Li et al., "PyTorch distributed: experiences on accelerating data parallel training" (2020), section 3.2.
public final class NodeReduction<Scalar: TrainingScalar>: GradientReduction {
    public let owned: OwnedSlice

    private let communicator: any Communicator
    private let memory: ParameterWindow<Scalar>
    private let nodes: Nodes
    private let window: SharedWindow
    private let blocks: ParameterBlocks
    /// For each rank, what it owns.
    private let sliceOfRank: [OwnedSlice]
    private let collectives: SliceCollectives
    /// From one owned slice to the next in a buffer of several: they begin at cache lines.
    private let sliceStride: Int
    /// Whether this rank has gradient memory of its own.
    private let hasRoots: Bool
    /// The owned slice of what other nodes add up.
    private let received: AlignedBuffer<Scalar>
    /// Where the sum goes at a rank that has no gradient memory of its own: its slice, or of several stretches an arena.
    private let sum: AlignedBuffer<Scalar>
    /// The owned slice of each finished subtree that waits for the batch's next pass.
    private let waiting: AlignedBuffer<Scalar>
    private let squareSums: AlignedBuffer<Double>
    private let outgoing: StretchList
    private let incoming: StretchList
    private var plan: NodePlan
    private var batchPlan = MergePlan(roots: [[0..<1]], shards: 1)
    /// Whether a pass has begun that is not reduced.
    private var hasBegun = false
    private let sums: BlockSums<Scalar>
    /// Where the arena of each operand begins, by the plan's numbers; of what others add up, nil.
    private var operands: [UnsafeMutablePointer<Scalar>?] = []
    /// The same on the stretch at hand, of all that this rank adds up.
    private var origins: [UnsafeMutablePointer<Scalar>?] = []
    /// What this rank takes of the lines that it has read; nil for nothing.
    private let takenLines: TakenLines?
    /// Of each operand, whether it is a neighbour's, whose lines this rank takes.
    private var takesLines: [Bool] = []

    /// What moves gradients while this rank computes; nil where there is nothing to move, or nobody who would.
    private let background: (any BackgroundExchange)?
    private var trial: OverlapTrial
    /// How many buckets this rank has finished in this pass, the last in the arena first, and of how many it has sent what others
    /// need.
    private var finishedBuckets = 0
    private var sentBuckets = 0
    /// The passes before this one, in buckets: what ranks tell each other of their buckets counts on.
    private var earlierBuckets: UInt32 = 0

    /// - Parameters:
    ///   - memory: what the rank's arena is sealed with.
    ///   - blocks: the blocks of the arena's parameters.
    /// - Important: Collective; every rank calls it in the same order.
    public convenience init(
        communicator: any Communicator, memory: ParameterWindow<Scalar>, blocks: ParameterBlocks,
        assignment: ShardAssignment
    ) {
        self.init(
            communicator: communicator, memory: memory, blocks: blocks, assignment: assignment, trial: OverlapTrial())
    }

    /// - Parameter trial: says which passes overlap.
    package init(
        communicator: any Communicator, memory: ParameterWindow<Scalar>, blocks: ParameterBlocks,
        assignment: ShardAssignment, trial: OverlapTrial
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
        sliceOfRank = (0..<size).map { blocks.slice(of: $0, of: size) }
        owned = sliceOfRank[rank]
        collectives = SliceCollectives(communicator, sliceOfRank)
        sliceStride = (owned.count + 63) / 64 * 64
        let allRoots = assignment.maximumRoots(of: 0..<size)
        let foreignRoots =
            nodes.count == 1
            ? 0
            : (0..<size).map { nodes.nodeOfRank[$0] == nodes.own ? 0 : assignment.maximumRoots(of: $0..<($0 + 1)) }
                .reduce(0, +)
        hasRoots = assignment.maximumRoots(of: rank..<(rank + 1)) > 0
        received = AlignedBuffer(count: foreignRoots * sliceStride)
        sum = AlignedBuffer(count: hasRoots ? 0 : blocks.buckets.count == 1 ? sliceStride : memory.storageCount)
        waiting = AlignedBuffer(count: assignment.waiting * sliceStride)
        squareSums = AlignedBuffer(count: owned.blockCount)
        outgoing = StretchList(capacity: max(allRoots, 1) * size * blocks.buckets.count)
        incoming = StretchList(capacity: max(allRoots, size) * blocks.buckets.count)
        plan = NodePlan(capacity: assignment.waiting + allRoots)
        sums = BlockSums(capacity: assignment.waiting + allRoots)
        operands.reserveCapacity(assignment.waiting + allRoots)
        origins.reserveCapacity(assignment.waiting + allRoots)
        takesLines.reserveCapacity(assignment.waiting + allRoots)
        takenLines = TakenLines(
            nodes, slices: sliceOfRank, byteCount: memory.storageCount * MemoryLayout<Scalar>.stride)
        let overlaps = nodes.count > 1 && blocks.buckets.count > 1
        background = overlaps ? communicator.makeBackgroundExchange() : nil
        self.trial = trial
        precondition(
            background == nil || window.announced(by: nodes.place) == 0, "a second reduction over the same window")
    }

    /// Whether the first batches are being taken in different ways, to time them.
    public var isTrying: Bool { background != nil && trial.isTrying }

    private var bucketCount: Int { blocks.buckets.count }

    /// Receives what other nodes send of any bucket, from here on.
    public func begin(_ partition: BatchPartition) {
        hasBegun = true
        batchPlan = partition.batchPlan
        plan.assign(batchPlan, presentRoots: partition.presentRoots, nodes: nodes)
        placeOperands(partition)
        if background != nil { trial.beginPass() }
        guard let background, trial.overlaps else { return }
        incoming.removeAll()
        for number in 0..<bucketCount { appendIncoming(bucket: bucketCount - 1 - number) }
        background.start(StretchList.none, incoming.stretches)
    }

    /// Sends what other nodes need of each bucket that all ranks of this node have finished.
    public func finished(from element: Int) {
        guard let background, trial.overlaps else { return }
        var isNews = false
        while finishedBuckets < bucketCount, firstElement(ofBucket: bucketCount - 1 - finishedBuckets) >= element {
            finishedBuckets += 1
            isNews = true
        }
        if isNews { window.announce(earlierBuckets &+ UInt32(finishedBuckets)) }
        var common = finishedBuckets
        for place in nodes.neighbours.indices where place != nodes.place {
            common = min(common, Int(Int32(bitPattern: window.announced(by: place) &- earlierBuckets)))
        }
        while sentBuckets < common { send(bucket: bucketCount - 1 - sentBuckets, background) }
    }

    private func firstElement(ofBucket bucket: Int) -> Int {
        blocks.blocks[blocks.buckets[bucket].lowerBound].range.lowerBound
    }

    private func send(bucket: Int, _ background: any BackgroundExchange) {
        outgoing.removeAll()
        appendOutgoing(bucket: bucket)
        background.start(outgoing.stretches, StretchList.none)
        sentBuckets += 1
    }

    /// - Complexity: reads every root of the node on the owned elements, and on as many of each other node; no allocation.
    public func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Scalar> {
        if !hasBegun { begin(partition) }
        hasBegun = false
        let isLast = batchPlan.isLast
        // The backward pass was the last to read all of them.
        if isLast { takenLines?.take(parameters: memory.values) }
        window.waitForNode()
        if nodes.count > 1 { exchange() }
        let result = ownSum
        var squares = squareSums.base
        for stretch in owned.stretches where !stretch.blocks.isEmpty {
            placeOrigins(stretch)
            sums.plan(batchPlan, plan, node: nodes.own, origins, takesLines: takesLines, into: result) {
                waitingOrigin($0, stretch)
            }
            // After the batch's last pass a block's squares are summed on the way, or while it is in the cache.
            sums.take(blocks.blocks[stretch.blocks], squareSums: isLast ? squares : nil)
            squares += stretch.blocks.count
        }
        // The next pass writes the memory that the neighbours have just read.
        if !isLast { window.waitForNode() }
        if background != nil { trial.endPass(isLast: isLast, communicator) }
        return result
    }

    /// Where the sum goes, by the arena's elements: into this rank's own memory, which no neighbour has to fetch back.
    private var ownSum: UnsafeMutablePointer<Scalar> {
        if hasRoots { return memory.gradient(ofPlace: nodes.place, root: 0) }
        return bucketCount == 1 ? owned.stretches[0].origin(in: sum.base) : sum.base
    }

    /// Finds every operand on a stretch of the owned elements.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func placeOrigins(_ stretch: OwnedSlice.Stretch) {
        origins.removeAll(keepingCapacity: true)
        var foreign = 0
        for number in plan.nodeOfOperand.indices {
            if number < batchPlan.waiting {
                origins.append(waitingOrigin(number, stretch))
            } else if let base = operands[number] {
                origins.append(base)
            } else if plan.isExported[number] {
                origins.append(stretch.origin(in: received.base + foreign * sliceStride))
                foreign += 1
            } else {
                origins.append(nil)
            }
        }
    }

    private func waitingOrigin(_ place: Int, _ stretch: OwnedSlice.Stretch) -> UnsafeMutablePointer<Scalar> {
        stretch.origin(in: waiting.base + place * sliceStride)
    }

    /// Finds this node's roots: where each one's arena begins.
    private func placeOperands(_ partition: BatchPartition) {
        operands.removeAll(keepingCapacity: true)
        takesLines.removeAll(keepingCapacity: true)
        for _ in 0..<partition.batchPlan.waiting {
            operands.append(nil)
            takesLines.append(false)
        }
        for rank in 0..<communicator.size {
            let isNear = nodes.nodeOfRank[rank] == nodes.own
            for root in 0..<partition.presentRoots[rank] {
                operands.append(isNear ? memory.gradient(ofPlace: nodes.placeInNode[rank], root: root) : nil)
                takesLines.append(takenLines != nil && isNear && rank != communicator.rank)
            }
        }
    }

    /// Sends what other nodes need of this one, and receives what this rank needs of them, as far as that has not been done while the
    /// backward pass ran.
    private func exchange() {
        if let background, trial.overlaps {
            while sentBuckets < bucketCount { send(bucket: bucketCount - 1 - sentBuckets, background) }
            background.finish()
            finishedBuckets = 0
            sentBuckets = 0
            earlierBuckets &+= UInt32(bucketCount)
        } else {
            outgoing.removeAll()
            incoming.removeAll()
            for number in 0..<bucketCount {
                appendOutgoing(bucket: bucketCount - 1 - number)
                appendIncoming(bucket: bucketCount - 1 - number)
            }
            communicator.exchange(outgoing.stretches, incoming.stretches)
        }
    }

    /// Adds up what this node has of a bucket of the slices that this rank's counterparts own: what they are sent.
    private func appendOutgoing(bucket: Int) {
        let size = communicator.size
        // Everybody starts with another peer, so that no rank is sent to by all at once.
        for distance in 1..<size {
            let owner = (communicator.rank + distance) % size
            guard nodes.nodeOfRank[owner] != nodes.own, nodes.helper(of: owner, on: nodes.own) == communicator.rank
            else { continue }
            let elements = sliceOfRank[owner].stretches[bucket].elements
            sumForOthers(elements)
            for number in plan.nodeOfOperand.indices where plan.isExported[number] {
                if let base = operands[number] { outgoing.append(owner, base, elements) }
            }
        }
    }

    /// What this rank's counterparts send it of a bucket.
    private func appendIncoming(bucket: Int) {
        let stretch = owned.stretches[bucket]
        var foreign = 0
        for number in plan.nodeOfOperand.indices where plan.isExported[number] && operands[number] == nil {
            let peer = nodes.helper(of: communicator.rank, on: plan.nodeOfOperand[number])
            let origin = stretch.origin(in: received.base + foreign * sliceStride)
            incoming.append(peer, origin, stretch.elements)
            foreign += 1
        }
    }

    /// Follows this node's own steps of the plan on the elements that a rank of another node owns.
    private func sumForOthers(_ elements: Range<Int>) {
        for start in Swift.stride(from: elements.lowerBound, to: elements.upperBound, by: Self.tile) {
            let length = min(Self.tile, elements.upperBound - start)
            for (index, step) in batchPlan.steps.enumerated() where plan.nodeOfStep[index] == nodes.own {
                let left = operands[step.left]! + start
                let right = operands[step.right]! + start
                Elementwise.add(left, right, into: left, count: length)
                if takesLines[step.right] { TakenLines.take(right, count: length) }
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
                for stretch in owned.stretches {
                    outgoing.append(nodes.helper(of: communicator.rank, on: node), memory.values, stretch.elements)
                }
            }
            for owner in 0..<communicator.size
            where nodes.nodeOfRank[owner] != nodes.own && nodes.helper(of: owner, on: nodes.own) == communicator.rank {
                for stretch in sliceOfRank[owner].stretches { incoming.append(owner, memory.values, stretch.elements) }
            }
            communicator.exchange(outgoing.stretches, incoming.stretches)
        }
        window.waitForNode()
    }

    public func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64 {
        collectives.allgatherBlocks(owned, into: all, joining: flags, along: bytes)
    }

    public func gather(_ slice: UnsafePointer<Scalar>, into whole: UnsafeMutablePointer<Scalar>?) {
        collectives.gather(slice, into: whole)
    }

    public func scatter(_ whole: UnsafePointer<Scalar>?, into slice: UnsafeMutablePointer<Scalar>) {
        collectives.scatter(whole, into: slice)
    }

    /// The elements summed at a time for others: two operands stay in the first-level cache.
    private static var tile: Int { 1024 }
}
