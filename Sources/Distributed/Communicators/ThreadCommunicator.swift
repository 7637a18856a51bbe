import Glibc

/// One of n ranks that are threads of this process: the debug mode's virtual ranks and fast tests.
///
/// Ranks read each other's memory between two barriers; threads that wait sleep, so more ranks than CPUs work.
public final class ThreadCommunicator: Communicator {
    public let rank: Int
    /// Each operation but the barrier waits twice or more: before and after the others' memory is read.
    public let waits: WaitCounter
    let group: ThreadGroup
    /// An allreduce's result before everybody has read the operands; grows.
    private var scratch: [UInt64] = []
    /// For each peer of an exchange, how far its sends have been looked through.
    private var cursors: [Int]

    init(rank: Int, group: ThreadGroup, waits: WaitCounter = WaitCounter()) {
        self.rank = rank
        self.waits = waits
        self.group = group
        cursors = [Int](repeating: 0, count: group.size)
    }

    public var size: Int { group.size }
    public var processCount: Int { 1 }
    public var hostNames: [String] { group.hostNames }

    /// Ranks of one host name.
    public var nodes: Nodes { Nodes(rank: rank, keys: hostNames) }
    public var coresPerRank: Int { AllowedCPUs.current.count / size }

    public func barrier() { meet() }

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        share(UnsafeRawBufferPointer(bytes)) {
            let source = group[root].bytes
            precondition(
                source.count == bytes.count, "rank \(rank) takes \(bytes.count) of the \(source.count) bytes broadcast")
            if rank != root { copy(source, to: bytes.baseAddress) }
        }
    }

    public func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {
        if scratch.count < values.count { scratch = [UInt64](repeating: 0, count: values.count) }
        share(UnsafeRawBufferPointer(values)) {
            for i in values.indices { scratch[i] = values[i] }
            for peer in 0..<size where peer != rank {
                let others = group[peer].bytes.assumingMemoryBound(to: UInt64.self)
                precondition(others.count == values.count, "ranks reduce \(values.count) and \(others.count) integers")
                for i in values.indices { scratch[i] = operation.join(scratch[i], others[i]) }
            }
        }
        for i in values.indices { values[i] = scratch[i] }
    }

    public func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        precondition(
            (rank == root) == (result != nil), "rank \(rank) gathers at \(root): only that rank takes a result")
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result?.count)
        share(bytes) {
            if let result { concatenate(counts, into: result) }
        }
    }

    public func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        precondition((rank == root) == (bytes != nil), "rank \(rank) scatters from \(root): only that rank gives bytes")
        Counts.validate(counts, size: size, own: (rank, result.count), whole: bytes?.count)
        share(bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)) {
            let offset = Counts.offset(of: rank, in: counts)
            copy(
                UnsafeRawBufferPointer(rebasing: group[root].bytes[offset..<(offset + counts[rank])]),
                to: result.baseAddress)
        }
    }

    public func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result.count)
        share(bytes) { concatenate(counts, into: result) }
    }

    public func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        group[rank].sends = sends
        meet()
        group.copyStretches(receives, to: rank, first: 0, &cursors)
        meet()
    }

    public func split(color: Int?, key: Int) -> (any Communicator)? {
        precondition(color.map { $0 >= 0 } ?? true, "a color of \(color!)")
        group[rank].color = color
        group[rank].key = key
        meet()
        let members = color == nil ? [] : (0..<size).filter { group[$0].color == color }
        let ordered = members.sorted { (group[$0].key, $0) < (group[$1].key, $1) }
        meet()
        if members.first == rank {
            group[rank].subgroup = ThreadGroup(job: group.job, hostNames: ordered.map { hostNames[$0] })
        }
        meet()
        let subgroup = members.first.flatMap { group[$0].subgroup }
        meet()
        group[rank].subgroup = nil
        guard let subgroup, let newRank = ordered.firstIndex(of: rank) else { return nil }
        return ThreadCommunicator(rank: newRank, group: subgroup, waits: waits)
    }

    public func share(byteCount: Int, own: Range<Int>) -> SharedMemory {
        let nodes = nodes
        if nodes.isFirst { group[rank].memory = SharedMemory(byteCount: byteCount) }
        group.barrier()
        let memory = group[nodes.neighbours[0]].memory!
        precondition(
            memory.byteCount == byteCount, "ranks of one node share \(memory.byteCount) and \(byteCount) bytes")
        group.barrier()
        group[rank].memory = nil
        return memory
    }

    public func makeProgress() { group.job.parkIfFailed() }

    /// Ends the process, and with it all ranks, which may be anywhere: nothing of theirs is taken down first.
    public func abort(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    private func meet() { waits.measure { group.barrier() } }

    /// Shows `bytes` to the others while `read` runs on every rank.
    private func share(_ bytes: UnsafeRawBufferPointer, _ read: () -> Void) {
        group[rank].bytes = bytes
        meet()
        read()
        meet()
    }

    private func concatenate(_ counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        var offset = 0
        for peer in 0..<size {
            precondition(group[peer].bytes.count == counts[peer], "ranks \(rank) and \(peer) count differently")
            if counts[peer] > 0 { copy(group[peer].bytes, to: result.baseAddress! + offset) }
            offset += counts[peer]
        }
    }

    private func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer?) {
        guard let base = source.baseAddress, source.count > 0, base != UnsafeRawPointer(target) else { return }
        target!.copyMemory(from: base, byteCount: source.count)
    }
}

extension IntegerReduction {
    @inline(__always)
    func join(_ a: UInt64, _ b: UInt64) -> UInt64 {
        switch self {
        case .sum: a &+ b
        case .minimum: min(a, b)
        case .maximum: max(a, b)
        }
    }
}
