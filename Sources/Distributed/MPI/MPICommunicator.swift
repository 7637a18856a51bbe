import CMPI
import Glibc

/// Ranks that are processes, connected by MPI.
///
/// Owns its `MPI_Comm`, always a duplicate or a split, and frees it when it goes. Every operation starts nonblocking calls
/// and waits for them itself (`MPIWait`), so ranks may outnumber CPUs.
/// Source: MPI 4.0, chapters 3 (messages), 6 (collectives) and 7 (communicators).
public final class MPICommunicator: Communicator {
    public let rank: Int
    public let size: Int
    public var processCount: Int { size }
    public let hostNames: [String]
    public let nodes: Nodes
    public let coresPerRank: Int

    private(set) var handle: dtrain_mpi_comm
    private let requests: MPIRequests
    /// The most ranks that send their bytes in an allgather to every other at once.
    private let directRanks: Int

    /// `MPI_Comm_dup` of the world: no other library's messages can be mistaken for ours.
    static func duplicateOfWorld() -> MPICommunicator {
        var copy = dtrain_mpi_comm(value: dtrain_mpi_comm_null())
        MPICheck.check(MPI_Comm_dup(dtrain_mpi_comm_world(), &copy.value), "duplicate the world communicator")
        return MPICommunicator(owning: copy, maximumBytes: 1 << 30, directRanks: 8)
    }

    /// The same ranks, with messages cut at another length and allgathers in rounds from fewer ranks on: tests need neither
    /// gigabytes nor many processes.
    ///
    /// - Important: Collective.
    package func duplicate(maximumMessageBytes: Int, directRanks: Int) -> MPICommunicator {
        var copy = dtrain_mpi_comm(value: dtrain_mpi_comm_null())
        MPICheck.check(MPI_Comm_dup(handle.value, &copy.value), "duplicate a communicator")
        return MPICommunicator(
            owning: copy, maximumBytes: maximumMessageBytes, directRanks: directRanks, coresPerRank: coresPerRank,
            waits: requests.waits)
    }

    /// - Parameter coresPerRank: what is left for each rank where others than the communicator's use the CPUs too; nil for none.
    /// - Important: Collective.
    private init(
        owning handle: dtrain_mpi_comm, maximumBytes: Int, directRanks: Int, coresPerRank: Int? = nil,
        waits: WaitCounter = WaitCounter()
    ) {
        self.handle = handle
        self.directRanks = directRanks
        MPICheck.check(MPI_Comm_set_errhandler(handle.value, dtrain_mpi_errors_return()), "set MPI's error handler")
        var number: Int32 = 0
        MPICheck.check(MPI_Comm_rank(handle.value, &number), "ask for the rank")
        rank = Int(number)
        MPICheck.check(MPI_Comm_size(handle.value, &number), "ask for the number of ranks")
        size = Int(number)
        let hosts = MPIHosts(size: size) { own, all, byteCount in
            MPICheck.check(
                MPI_Allgather(
                    own, Int32(byteCount), dtrain_mpi_byte(), all, Int32(byteCount), dtrain_mpi_byte(), handle.value),
                "exchange host names")
        }
        hostNames = hosts.names
        nodes = hosts.nodes(rank: rank)
        self.coresPerRank = coresPerRank ?? hosts.coresPerRank(of: rank)
        requests = MPIRequests(
            wait: MPIWait(isCrowded: self.coresPerRank == 0), maximumBytes: maximumBytes, waits: waits)
    }

    /// Those of communicators that were split from this one too.
    public var waits: WaitCounter { requests.waits }

    /// The longest single message.
    var maximumMessageBytes: Int { requests.maximumBytes }

    deinit {
        // After MPI_Finalize there is nothing left to free.
        if MPIEnvironment.isActive { MPICheck.check(MPI_Comm_free(&handle.value), "free a communicator") }
    }

    /// `MPI_Ibarrier`.
    public func barrier() {
        requests.barrier(handle)
        requests.wait()
    }

    /// `MPI_Ibcast`.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        requireRank(root)
        var offset = 0
        while offset < bytes.count {
            let length = min(bytes.count - offset, requests.maximumBytes)
            requests.broadcast(bytes.baseAddress! + offset, length, from: root, handle)
            requests.wait()
            offset += length
        }
    }

    /// `MPI_Iallreduce`.
    ///
    /// MPICH 4.0 compares unsigned integers as if they were signed, so minimum and maximum go over signed ones: flipping
    /// the highest bit turns one order into the other.
    public func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {
        if operation != .sum { flipHighestBits(values) }
        defer { if operation != .sum { flipHighestBits(values) } }
        let maximum = requests.maximumBytes / MemoryLayout<UInt64>.stride
        var offset = 0
        while offset < values.count {
            let length = min(values.count - offset, maximum)
            requests.allreduce(values.baseAddress! + offset, length, operation, handle)
            requests.wait()
            offset += length
        }
    }

    public func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        requireRank(root)
        precondition(
            (rank == root) == (result != nil), "rank \(rank) gathers at \(root): only that rank takes a result")
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result?.count)
        if let result {
            var offset = 0
            for peer in 0..<size {
                if peer == rank {
                    copy(bytes, into: result, at: offset)
                } else if counts[peer] > 0 {
                    requests.receive(result.baseAddress! + offset, counts[peer], from: peer, handle)
                }
                offset += counts[peer]
            }
        } else if bytes.count > 0 {
            requests.send(bytes.baseAddress!, bytes.count, to: root, handle)
        }
        requests.wait()
    }

    public func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        requireRank(root)
        precondition((rank == root) == (bytes != nil), "rank \(rank) scatters from \(root): only that rank gives bytes")
        Counts.validate(counts, size: size, own: (rank, result.count), whole: bytes?.count)
        if let bytes {
            var offset = 0
            for peer in 0..<size where counts[peer] > 0 {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + counts[peer])])
                if peer == rank {
                    copy(piece, into: result, at: 0)
                } else {
                    requests.send(piece.baseAddress!, piece.count, to: peer, handle)
                }
                offset += counts[peer]
            }
        } else if result.count > 0 {
            requests.receive(result.baseAddress!, result.count, from: root, handle)
        }
        requests.wait()
    }

    /// A few ranks send their bytes to every other at once: one wait. More take log₂ of their number in rounds: each time a
    /// rank sends what it has to one so far below it, and receives as much from one so far above.
    ///
    /// Source: Bruck et al., "Efficient algorithms for all-to-all communications in multiport message-passing systems" (1997).
    public func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result.count)
        copy(bytes, into: result, at: Counts.offset(of: rank, in: counts))
        guard size <= directRanks else { return allgatherInRounds(counts, result) }
        var offset = 0
        for peer in 0..<size {
            if peer != rank, counts[peer] > 0 {
                requests.receive(result.baseAddress! + offset, counts[peer], from: peer, handle)
            }
            offset += counts[peer]
        }
        if bytes.count > 0 {
            // Starting behind this rank, so that not everybody sends to rank 0 first.
            for distance in 1..<max(size, 1) {
                requests.send(bytes.baseAddress!, bytes.count, to: (rank + distance) % size, handle)
            }
        }
        requests.wait()
    }

    /// The own bytes are in their place in `result`.
    private func allgatherInRounds(_ counts: [Int], _ result: UnsafeMutableRawBufferPointer) {
        guard let base = result.baseAddress else { return }
        /// Calls `body` with the bytes of `count` ranks from `first` on, in one piece or, past the last rank, in two.
        func pieces(_ first: Int, _ count: Int, _ body: (UnsafeMutableRawPointer, Int) -> Void) {
            let (start, end) = (first % size, first % size + count)
            let offset = Counts.offset(of: start, in: counts)
            body(base + offset, Counts.offset(of: min(end, size), in: counts) - offset)
            if end > size { body(base, Counts.offset(of: end - size, in: counts)) }
        }
        var held = 1
        while held < size {
            let count = min(held, size - held)
            pieces(rank + held, count) { requests.receive($0, $1, from: (rank + held) % size, handle) }
            pieces(rank, count) { requests.send($0, $1, to: (rank + size - held) % size, handle) }
            requests.wait()
            held += count
        }
    }

    /// `MPI_Irecv` and `MPI_Isend` of each stretch.
    public func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        for receive in receives where receive.peer != rank {
            requireRank(receive.peer)
            requests.receive(receive.base, receive.byteCount, from: receive.peer, handle)
        }
        for send in sends where send.peer != rank {
            requireRank(send.peer)
            requests.send(send.base, send.byteCount, to: send.peer, handle)
        }
        SelfExchange.copy(sends, receives, rank: rank)
        requests.wait()
    }

    /// `MPIBackgroundExchange`; nil where MPI serves no other thread than the main one, or the system has none left.
    public func makeBackgroundExchange() -> (any BackgroundExchange)? {
        let messages = duplicate(maximumMessageBytes: maximumMessageBytes, directRanks: directRanks)
        let mover = MPIEnvironment.servesAnyThread ? try? MPIMover(messages) : nil
        guard allreduce(mover == nil ? 0 : 1, .minimum) != 0, let mover else { return nil }
        return MPIBackgroundExchange(messages, mover)
    }

    /// `MPI_Comm_split`.
    public func split(color: Int?, key: Int) -> (any Communicator)? {
        precondition(color.map { $0 >= 0 } ?? true, "a color of \(color!)")
        var part = dtrain_mpi_comm(value: dtrain_mpi_comm_null())
        MPICheck.check(
            MPI_Comm_split(handle.value, color.map { Int32($0) } ?? MPI_UNDEFINED, Int32(key), &part.value),
            "split a communicator")
        return color == nil
            ? nil
            : MPICommunicator(
                owning: part, maximumBytes: requests.maximumBytes, directRanks: directRanks, coresPerRank: coresPerRank,
                waits: requests.waits)
    }

    /// POSIX shared memory, made by the first rank of each node; see `SharedSegment`.
    public func share(byteCount: Int, own: Range<Int>) throws(SharedMemoryError) -> SharedMemory {
        var segment: SharedSegment?
        let size = byteCount + SharedMemory.slack
        /// Runs one part of it on the ranks that `takesPart` names; the first error ends it on all.
        func together(_ takesPart: Bool, _ body: () throws(SharedMemoryError) -> Void) throws(SharedMemoryError) {
            var failure = ""
            do {
                if takesPart { try body() }
            } catch {
                failure = error.description
            }
            let failures = allgather(Array(failure.utf8))
            guard let first = failures.firstIndex(where: { !$0.isEmpty }) else { return }
            throw SharedMemoryError(
                description: "\(hostNames[first]) \(String(decoding: failures[first], as: UTF8.self))")
        }
        try together(nodes.isFirst) { () throws(SharedMemoryError) in segment = try SharedSegment(creating: size) }
        let names = allgather(Array((segment?.nameToOpen ?? "").utf8))
        try together(!nodes.isFirst) { () throws(SharedMemoryError) in
            segment = try SharedSegment(
                opening: String(decoding: names[nodes.neighbours[0]], as: UTF8.self), byteCount: size)
        }
        // All have it: whatever ends them from here on leaves nothing behind. Addresses first, which cost nothing.
        segment!.removeName()
        try together(true) { () throws(SharedMemoryError) in try segment!.map() }
        let filled = own.upperBound == byteCount ? own.lowerBound..<size : own
        try together(true) { () throws(SharedMemoryError) in try segment!.fill(filled) }
        segment!.joinPages(of: own)
        return SharedMemory(base: segment!.base!, byteCount: byteCount, owner: segment!)
    }

    /// A tag that no message has: one that is there would be all that a look for it finds.
    static var unusedTag: Int32 { 32767 }

    /// `MPI_Iprobe`: Open MPI and MPICH move no messages while nobody calls them, unless they are told to.
    public func makeProgress() {
        var isThere: Int32 = 0
        var status = MPI_Status()
        MPICheck.check(
            MPI_Iprobe(MPI_ANY_SOURCE, Self.unusedTag, handle.value, &isThere, &status), "look for messages")
    }

    /// `MPI_Allreduce`: sums floats over all ranks, in place, in an order that is the library's own.
    ///
    /// No training uses it, since the bits depend on the number of ranks: it is what reductions are measured against.
    /// Source: MPI 4.0, section 6.9.6.
    /// - Important: Collective; every rank calls it in the same order.
    package func libraryAllreduce(_ values: UnsafeMutablePointer<Float>, count: Int) {
        MPICheck.check(
            MPI_Allreduce(
                dtrain_mpi_in_place(), values, Int32(count), dtrain_mpi_float(), dtrain_mpi_sum(), handle.value),
            "sum \(count) floats")
    }

    /// `MPI_Abort` of the whole job.
    public func abort(_ code: Int32) -> Never { MPICheck.abortJob(code) }

    private func flipHighestBits(_ values: UnsafeMutableBufferPointer<UInt64>) {
        for i in values.indices { values[i] ^= 1 << 63 }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer, at offset: Int) {
        guard bytes.count > 0, bytes.baseAddress! != result.baseAddress! + offset else { return }
        (result.baseAddress! + offset).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    }

    private func requireRank(_ peer: Int) {
        precondition(0 <= peer && peer < size, "rank \(peer) of \(size)")
    }
}
