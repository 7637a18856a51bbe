import Core

/// The ranks of another communicator, whose small collectives go through the memory that a node's ranks share: each rank
/// writes, all wait once, each reads. Between nodes the first ranks exchange what their nodes wrote.
///
/// What is longer than the window's messages goes in pieces. What goes from one rank to another goes the other communicator's
/// way.
public final class WindowCommunicator: Communicator {
    private let base: any Communicator
    private let window: SharedWindow
    private var half = 0
    /// The ranks node by node, and where each one's bytes begin in the message at hand.
    private let nodeByNode: [Int]
    private var offsets: [Int]
    /// How many bytes each one has in it.
    private var lengths: [Int]
    /// How many bytes each node has in it.
    private var nodeBytes: [Int]
    /// An allreduce's operands of all ranks; grows.
    private var operands = AlignedBuffer<UInt64>(count: 0)
    private var counts: [Int]

    /// - Returns: `base` itself where no rank shares memory.
    /// - Important: Collective; every rank calls it in the same order.
    public static func over(_ base: any Communicator, _ window: SharedWindow) -> any Communicator {
        window.nodes.count == base.size ? base : WindowCommunicator(base, window)
    }

    private init(_ base: any Communicator, _ window: SharedWindow) {
        self.base = base
        self.window = window
        nodeByNode = Array(window.nodes.members.joined())
        offsets = [Int](repeating: 0, count: base.size)
        lengths = [Int](repeating: 0, count: base.size)
        counts = [Int](repeating: 0, count: base.size)
        nodeBytes = [Int](repeating: 0, count: window.nodes.count)
    }

    public var rank: Int { base.rank }
    public var size: Int { base.size }
    public var processCount: Int { base.processCount }
    public var hostNames: [String] { base.hostNames }
    public var nodes: Nodes { base.nodes }
    public var waits: WaitCounter { base.waits }
    public var coresPerRank: Int { base.coresPerRank }

    public func barrier() { window.waitForAll() }

    /// - Complexity: one wait, two between nodes, for each window full of bytes; no allocation.
    public func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result.count)
        guard Counts.total(counts) > window.messageBytes else {
            return allgather(bytes.baseAddress, counts, into: result.baseAddress, from: 0, atMost: .max)
        }
        // Of every rank the same stretch at a time.
        let piece = max(1, window.messageBytes / size)
        var longest = 0
        for count in counts { longest = max(longest, count) }
        for start in stride(from: 0, to: longest, by: piece) {
            allgather(bytes.baseAddress, counts, into: result.baseAddress, from: start, atMost: piece)
        }
    }

    /// The bytes from `start` on of every rank, as many as it has, at most `limit`.
    private func allgather(
        _ bytes: UnsafeRawPointer?, _ counts: [Int], into result: UnsafeMutableRawPointer?, from start: Int,
        atMost limit: Int
    ) {
        var offset = 0
        for rank in nodeByNode {
            offsets[rank] = offset
            lengths[rank] = max(0, min(counts[rank] - start, limit))
            offset += lengths[rank]
        }
        let messages = window.messages(half: half)
        half ^= 1
        copy(bytes.map { $0 + start }, lengths[rank], to: messages + offsets[rank])
        window.waitForNode()
        if window.nodes.count > 1 {
            exchange(messages)
            window.waitForNode()
        }
        var target = start
        for rank in 0..<size {
            copy(messages + offsets[rank], lengths[rank], to: result.map { $0 + target })
            target += counts[rank]
        }
    }

    /// Gives every node the bytes of all: the first rank of each.
    private func exchange(_ messages: UnsafeMutableRawPointer) {
        guard let firsts = window.firsts else { return }
        var (total, start) = (0, 0)
        for node in nodeBytes.indices {
            if node == window.nodes.own { start = total }
            nodeBytes[node] = 0
            for rank in window.nodes.members[node] { nodeBytes[node] += lengths[rank] }
            total += nodeBytes[node]
        }
        firsts.allgather(
            UnsafeRawBufferPointer(start: messages + start, count: nodeBytes[window.nodes.own]), counts: nodeBytes,
            into: UnsafeMutableRawBufferPointer(start: messages, count: total))
    }

    private func copy(_ source: UnsafeRawPointer?, _ count: Int, to target: UnsafeMutableRawPointer?) {
        guard count > 0, let source, let target, source != UnsafeRawPointer(target) else { return }
        target.copyMemory(from: source, byteCount: count)
    }

    /// - Complexity: no allocation once as many values have been reduced.
    public func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {
        let bytes = values.count * MemoryLayout<UInt64>.stride
        guard bytes * size <= window.messageBytes else { return base.allreduce(values, operation) }
        if operands.count < values.count * size { operands = AlignedBuffer(count: values.count * size) }
        for rank in 0..<size { counts[rank] = bytes }
        allgather(
            UnsafeRawBufferPointer(values), counts: counts,
            into: UnsafeMutableRawBufferPointer(start: operands.base, count: bytes * size))
        for i in values.indices {
            var joined = operands.base[i]
            for rank in 1..<size { joined = operation.join(joined, operands.base[rank * values.count + i]) }
            values[i] = joined
        }
    }

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) { base.broadcast(bytes, from: root) }

    public func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        base.gather(bytes, counts: counts, into: result, at: root)
    }

    public func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        base.scatter(bytes, counts: counts, into: result, from: root)
    }

    public func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        base.exchange(sends, receives)
    }

    public func makeBackgroundExchange() -> (any BackgroundExchange)? { base.makeBackgroundExchange() }

    public func split(color: Int?, key: Int) -> (any Communicator)? { base.split(color: color, key: key) }

    public func share(byteCount: Int, own: Range<Int>) throws(SharedMemoryError) -> SharedMemory {
        try base.share(byteCount: byteCount, own: own)
    }

    public func makeProgress() { base.makeProgress() }

    public func abort(_ code: Int32) -> Never { base.abort(code) }
}
