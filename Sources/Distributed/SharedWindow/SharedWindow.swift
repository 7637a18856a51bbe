import Glibc

/// Memory that the ranks of a node have in common, and their waits for each other: a part for all, with room for the messages
/// of small collectives, and a part for each rank, which the others read.
///
/// Where memory cannot be shared every rank is a node of its own: the same code then exchanges messages.
/// Source: the design of MPI 4.0, section 12.2.1 (`MPI_Win_allocate_shared`), on POSIX shared memory, whose pages can be asked
/// for before they are used.
public final class SharedWindow {
    /// Which ranks share memory.
    public let nodes: Nodes
    /// The bytes of one of the two halves through which small collectives go.
    let messageBytes: Int

    private let communicator: any Communicator
    private let memory: SharedMemory
    private let barrier: NodeBarrier
    private let layout: WindowLayout
    /// The first ranks of all nodes; nil on other ranks, and where there is one node.
    let firsts: (any Communicator)?

    /// Allocates the window.
    ///
    /// - Parameters:
    ///   - sharedBytes: the part that all ranks of a node have in common.
    ///   - bytesOfRank: the part of each rank of the communicator.
    ///   - isShared: false to leave every rank on its own.
    ///   - messageBytes: the longest message of all ranks together that small collectives take through the window.
    /// - Throws: where a node has no shared memory, or not enough; on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    public init(
        _ communicator: any Communicator, sharedBytes: Int, bytesOfRank: [Int], isShared: Bool = true,
        messageBytes: Int = 1 << 20
    ) throws(SharedMemoryError) {
        self.communicator = communicator
        let rank = communicator.rank
        nodes = isShared ? communicator.nodes : .apart(rank: rank, size: communicator.size)
        let neighbours = nodes.neighbours
        // Ranks that are all on their own have nobody to give messages to in memory.
        self.messageBytes = nodes.count < communicator.size ? messageBytes : 0
        layout = WindowLayout(
            ranks: neighbours.count, messageBytes: self.messageBytes, sharedBytes: sharedBytes,
            bytesOfPlace: neighbours.map { bytesOfRank[$0] })
        if isShared && nodes.count < communicator.size {
            memory = try communicator.share(byteCount: layout.byteCount, own: layout.bytes(ownedBy: nodes.place))
        } else {
            memory = SharedMemory(byteCount: layout.byteCount)
        }
        barrier = NodeBarrier(
            counters: memory.base, place: nodes.place, size: neighbours.count, isCrowded: communicator.isCrowded,
            idle: communicator.makeProgress)
        let isFirst = nodes.isFirst
        firsts = nodes.count > 1 ? communicator.split(color: isFirst ? 0 : nil, key: rank) : nil
    }

    /// How often this rank has waited for its neighbours.
    public var waits: Int { barrier.count }

    /// The part that all ranks of the node have in common.
    public var shared: UnsafeMutableRawPointer { memory.base + layout.shared.lowerBound }

    /// The part of the rank in place `place` of this node.
    public func part(ofPlace place: Int) -> UnsafeMutableRawPointer {
        memory.base + layout.parts[place].lowerBound
    }

    /// One of the two halves through which messages go in turn.
    func messages(half: Int) -> UnsafeMutableRawPointer {
        memory.base + layout.messages.lowerBound + half * messageBytes
    }

    /// Returns once every rank of this node has called it; what they wrote to the window before is visible then.
    ///
    /// - Important: Collective over the node.
    /// - Complexity: no allocation.
    public func waitForNode() { wait() }

    /// Returns once every rank of every node has called it.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func waitForAll() {
        wait()
        guard nodes.count > 1 else { return }
        firsts?.barrier()
        wait()
    }

    /// Waits for the node's ranks, and counts it.
    private func wait() { communicator.waits.measure(barrier.wait) }

    /// Shows the node's ranks how far this one is, and with it what it has written to the window; waits for nobody.
    ///
    /// - Parameter progress: counts on over the life of the window, beyond 2³² from 0 again.
    func announce(_ progress: UInt32) { barrier.announce(progress) }

    /// How far the rank in place `place` of this node has last said that it is; 0 before it has.
    func announced(by place: Int) -> UInt32 { barrier.announced(by: place) }

    /// Copies `count` bytes at `base`, in the shared part, from rank 0's node to all nodes.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcastShared(_ base: UnsafeMutableRawPointer, byteCount: Int) {
        firsts?.broadcast(UnsafeMutableRawBufferPointer(start: base, count: byteCount), from: 0)
        wait()
    }

    /// Writes to the shared part on one rank of each node, while nobody reads it.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func writeShared(_ body: () -> Void) {
        wait()
        if nodes.isFirst { body() }
        wait()
    }
}

/// Where everything lies in a node's window, in bytes: counters, messages, the shared part, the ranks' parts.
private struct WindowLayout {
    let messages: Range<Int>
    let shared: Range<Int>
    let parts: [Range<Int>]

    /// Parts begin at pages: each is on the memory next to the CPU that fills it, but for its ends in large pages, and no two share
    /// a line.
    private static var page: Int { 4096 }

    init(ranks: Int, messageBytes: Int, sharedBytes: Int, bytesOfPlace: [Int]) {
        func aligned(_ offset: Int) -> Int { (offset + Self.page - 1) / Self.page * Self.page }
        let first = aligned(ranks * NodeBarrier.bytesOfRank)
        messages = first..<(first + 2 * messageBytes)
        let sharedStart = aligned(messages.upperBound)
        shared = sharedStart..<(sharedStart + sharedBytes + SharedMemory.slack)
        var start = aligned(shared.upperBound)
        parts = bytesOfPlace.map { bytes in
            let part = start..<(start + bytes + SharedMemory.slack)
            start = aligned(part.upperBound)
            return part
        }
    }

    var byteCount: Int { parts.last!.upperBound }

    /// What the rank in `place` takes the pages of: its own part; the first rank also what all have in common.
    func bytes(ownedBy place: Int) -> Range<Int> {
        place == 0 ? 0..<parts[0].upperBound : parts[place]
    }
}
