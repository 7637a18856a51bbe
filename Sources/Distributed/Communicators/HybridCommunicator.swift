/// Ranks that are threads of several processes: the ranks of one process follow each other, process after process.
///
/// What ranks of one process tell each other they read from each other's memory; for the rest the first of them calls the
/// communicator of the processes, and no other does: MPI has to serve one thread at a time. Only what goes on in the background
/// every rank starts for itself, under MPI's lock.
/// Source: MPI 4.0, section 11.6.1 (`MPI_THREAD_SERIALIZED`).
public final class HybridCommunicator: Communicator {
    public let rank: Int
    public let hostNames: [String]
    public let nodes: Nodes
    /// Each operation is one wait.
    public let waits: WaitCounter

    /// One rank a process; the first thread alone calls it.
    private let processes: any Communicator
    private let group: ThreadGroup
    /// This rank's place among its process's.
    private let thread: Int
    /// The ranks of every process.
    private let ranks: [Range<Int>]
    private let processOfRank: [Int]
    /// Those of this process.
    private let own: Range<Int>
    /// On the first thread: what its process exchanges with others.
    private let work: ProcessExchange?
    private var processCounts: [Int]
    private var cursors: [Int]
    /// Whether it was split from another.
    private let isPart: Bool

    /// - Parameter threads: the ranks of every process, by process.
    private init(
        _ processes: any Communicator, threads: [Int], group: ThreadGroup, thread: Int, isPart: Bool = false,
        waits: WaitCounter = WaitCounter()
    ) {
        self.processes = processes
        self.group = group
        self.thread = thread
        self.isPart = isPart
        self.waits = waits
        var ranks: [Range<Int>] = []
        for count in threads {
            let first = ranks.last?.upperBound ?? 0
            ranks.append(first..<(first + count))
        }
        self.ranks = ranks
        own = ranks[processes.rank]
        rank = own.lowerBound + thread
        let processOfRank = ranks.enumerated().flatMap { process, ranks in ranks.map { _ in process } }
        self.processOfRank = processOfRank
        hostNames = processOfRank.map { processes.hostNames[$0] }
        nodes = Nodes(rank: rank, keys: processOfRank.map { processes.nodes.nodeOfRank[$0] })
        work = thread == 0 ? ProcessExchange(processOfRank: processOfRank, own: own) : nil
        processCounts = [Int](repeating: 0, count: ranks.count)
        cursors = [Int](repeating: 0, count: processOfRank.count)
    }

    /// Runs `body` on `threads` ranks of every process: on this thread alone if it is one, else each rank on a thread of its own.
    ///
    /// - Parameter processes: one rank a process.
    /// - Returns: what the ranks of this process returned.
    /// - Throws: the first error that a rank of this process threw. The others end at their next collective operation, without
    ///   unwinding; other processes are not told.
    /// - Important: Collective over `processes`, with the same number of threads.
    public static func run<Result: Sendable>(
        over processes: any Communicator, threads: Int,
        _ body: @escaping @Sendable (any Communicator) throws -> Result
    ) throws -> [Result] {
        guard threads > 1 else { return [try body(processes)] }
        guard processes.size > 1 else { return try ThreadCommunicator.run(size: threads) { try body($0) } }
        nonisolated(unsafe) let processes = processes
        let counts = [Int](repeating: threads, count: processes.size)
        return try ThreadCommunicator.run(size: threads) { team in
            try body(HybridCommunicator(processes, threads: counts, group: team.group, thread: team.rank))
        }
    }

    public var size: Int { processOfRank.count }
    public var processCount: Int { processes.processCount }
    /// Of a process's share.
    public var coresPerRank: Int { processes.coresPerRank / own.count }

    public func barrier() {
        together { processes.barrier() }
    }

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        let source = own.contains(root) ? root - own.lowerBound : 0
        group[thread].result = bytes
        together { processes.broadcast(group[source].result, from: processOfRank[root]) }
        if thread != source { copy(UnsafeRawBufferPointer(group[source].result), to: bytes) }
        group.barrier()
    }

    public func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {
        group[thread].result = UnsafeMutableRawBufferPointer(values)
        together {
            for thread in 1..<own.count {
                let others = group[thread].result.assumingMemoryBound(to: UInt64.self)
                precondition(others.count == values.count, "ranks reduce \(values.count) and \(others.count) integers")
                for i in values.indices { values[i] = operation.join(values[i], others[i]) }
            }
            processes.allreduce(values, operation)
        }
        if thread > 0 { copy(UnsafeRawBufferPointer(group[0].result), to: UnsafeMutableRawBufferPointer(values)) }
        group.barrier()
    }

    public func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result.count)
        group[thread].bytes = bytes
        group[thread].result = result
        together {
            let start = Counts.offset(of: own.lowerBound, in: counts)
            let block = UnsafeMutableRawBufferPointer(rebasing: result[start..<(start + total(counts, own))])
            pack(counts, into: block)
            processes.allgather(UnsafeRawBufferPointer(block), counts: perProcess(counts), into: result)
        }
        if thread > 0 { copy(UnsafeRawBufferPointer(group[0].result), to: result) }
        group.barrier()
    }

    public func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        precondition(
            (rank == root) == (result != nil), "rank \(rank) gathers at \(root): only that rank takes a result")
        Counts.validate(counts, size: size, own: (rank, bytes.count), whole: result?.count)
        group[thread].bytes = bytes
        if let result { group[thread].result = result }
        together {
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: total(counts, own), alignment: 64)
            defer { block.deallocate() }
            pack(counts, into: block)
            processes.gather(
                UnsafeRawBufferPointer(block), counts: perProcess(counts),
                into: own.contains(root) ? group[root - own.lowerBound].result : nil, at: processOfRank[root])
        }
    }

    public func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        precondition((rank == root) == (bytes != nil), "rank \(rank) scatters from \(root): only that rank gives bytes")
        Counts.validate(counts, size: size, own: (rank, result.count), whole: bytes?.count)
        if let bytes { group[thread].bytes = bytes }
        group[thread].result = result
        together {
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: total(counts, own), alignment: 64)
            defer { block.deallocate() }
            processes.scatter(
                own.contains(root) ? group[root - own.lowerBound].bytes : nil, counts: perProcess(counts), into: block,
                from: processOfRank[root])
            var offset = 0
            for thread in 0..<own.count {
                let count = counts[own.lowerBound + thread]
                copy(UnsafeRawBufferPointer(rebasing: block[offset..<(offset + count)]), to: group[thread].result)
                offset += count
            }
        }
    }

    /// Between processes the first threads exchange what all of theirs send; ranks of one process read from each other.
    public func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        group[thread].sends = sends
        group[thread].receives = receives
        waits.measure {
            group.barrier()
            if let work {
                work.collect(group)
                work.withStretches(processes.exchange)
            }
            group.copyStretches(receives, to: rank, first: own.lowerBound, &cursors)
            group.barrier()
        }
    }

    /// The first thread makes it for all: each rank sends and receives for itself.
    public func makeBackgroundExchange() -> (any BackgroundExchange)? {
        together { group[0].background = processes.makeBackgroundExchange() }
        let background = group[0].background
        group.barrier()
        if thread == 0 { group[0].background = nil }
        return background?.ofThread(
            rank: rank, processOfRank: processOfRank, isCrowded: isCrowded, waits: waits, meet: group.barrier)
    }

    /// - Precondition: a process that takes part in a new communicator does so with its first rank, `key` leaves the ranks of a
    ///   process together, and this communicator is not itself a part of another: the first thread alone may call MPI.
    public func split(color: Int?, key: Int) -> (any Communicator)? {
        precondition(!isPart, "a part of ranks that are threads of several processes cannot be split again")
        precondition(color.map { $0 >= 0 } ?? true, "a color of \(color!)")
        let wishes = allgather(SIMD2(color ?? -1, key))
        var result: HybridCommunicator?
        for wished in Set(wishes.map(\.x)).sorted() where wished >= 0 {
            let members = wishes.indices.filter { wishes[$0].x == wished }
                .sorted { (wishes[$0].y, $0) < (wishes[$1].y, $1) }
            let threads = members.reduce(into: [(process: Int, count: Int)]()) { threads, rank in
                if threads.last?.process == processOfRank[rank] {
                    threads[threads.count - 1].count += 1
                } else {
                    threads.append((processOfRank[rank], 1))
                }
            }
            precondition(
                Set(threads.map(\.process)).count == threads.count, "a key that tears a process's ranks apart")
            let locals = members.filter(own.contains)
            together {
                precondition(locals.isEmpty || locals[0] == rank, "a part without the first rank of a process")
                let place = threads.firstIndex { $0.process == processOfRank[rank] }
                group[0].part = processes.split(color: place == nil ? nil : 0, key: place ?? 0)
                group[0].subgroup = ThreadGroup(job: group.job, hostNames: locals.map { hostNames[$0] })
            }
            if color == wished {
                result = HybridCommunicator(
                    group[0].part!, threads: threads.map(\.count), group: group[0].subgroup!,
                    thread: locals.firstIndex(of: rank)!, isPart: true, waits: waits)
            }
            group.barrier()
        }
        if thread == 0 { (group[0].part, group[0].subgroup) = (nil, nil) }
        return result
    }

    /// The first thread asks for the memory, and all of its process use it at the same address.
    public func share(byteCount: Int, own: Range<Int>) throws(SharedMemoryError) -> SharedMemory {
        group[thread].own = own
        together {
            // The pages of this process: its ranks' follow each other.
            let parts = (0..<group.size).map { group[$0].own }.filter { !$0.isEmpty }
            let pages = parts.isEmpty ? 0..<0 : parts[0].lowerBound..<parts[parts.count - 1].upperBound
            do throws(SharedMemoryError) {
                group[0].memory = try processes.share(byteCount: byteCount, own: pages)
            } catch {
                group[0].failure = error
            }
        }
        let (memory, failure) = (group[0].memory, group[0].failure)
        group.barrier()
        if thread == 0 { (group[0].memory, group[0].failure) = (nil, nil) }
        if let failure { throw failure }
        return memory!
    }

    /// Messages are the first thread's.
    public func makeProgress() {
        group.job.parkIfFailed()
        if thread == 0 { processes.makeProgress() }
    }

    public func abort(_ code: Int32) -> Never { processes.abort(code) }

    /// Runs `body` on the first thread while the others of its process wait.
    private func together(_ body: () -> Void) {
        waits.measure {
            group.barrier()
            if thread == 0 { body() }
            group.barrier()
        }
    }

    /// The bytes of every process.
    private func perProcess(_ counts: [Int]) -> [Int] {
        for process in ranks.indices { processCounts[process] = total(counts, ranks[process]) }
        return processCounts
    }

    private func total(_ counts: [Int], _ ranks: Range<Int>) -> Int {
        var sum = 0
        for rank in ranks { sum += counts[rank] }
        return sum
    }

    /// Concatenates the bytes of this process's ranks.
    private func pack(_ counts: [Int], into block: UnsafeMutableRawBufferPointer) {
        var offset = 0
        for thread in 0..<own.count {
            let count = counts[own.lowerBound + thread]
            precondition(
                group[thread].bytes.count == count, "ranks \(rank) and \(own.lowerBound + thread) count differently")
            copy(group[thread].bytes, to: UnsafeMutableRawBufferPointer(rebasing: block[offset..<(offset + count)]))
            offset += count
        }
    }

    private func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        precondition(source.count == target.count, "\(source.count) bytes for room of \(target.count)")
        guard source.count > 0, source.baseAddress! != UnsafeRawPointer(target.baseAddress!) else { return }
        target.baseAddress!.copyMemory(from: source.baseAddress!, byteCount: source.count)
    }
}
