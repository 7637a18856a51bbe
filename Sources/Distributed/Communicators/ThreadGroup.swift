/// The ranks of one thread communicator: what each shows the others, and their barrier.
final class ThreadGroup: @unchecked Sendable {
    /// What one rank shows the others between two barriers.
    struct Slot {
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        var result = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        var sends = UnsafeBufferPointer<Stretch>(start: nil, count: 0)
        var receives = UnsafeBufferPointer<Stretch>(start: nil, count: 0)
        var color: Int?
        var key = 0
        var subgroup: ThreadGroup?
        var part: (any Communicator)?
        var memory: SharedMemory?
        var own = 0..<0
        var failure: SharedMemoryError?
        var background: (any BackgroundExchange)?
    }

    let job: ThreadJob
    let hostNames: [String]
    private let slots: UnsafeMutablePointer<Slot>
    private var arrived = 0
    private var generation = 0

    var size: Int { hostNames.count }

    init(job: ThreadJob, hostNames: [String]) {
        self.job = job
        self.hostNames = hostNames
        slots = .allocate(capacity: hostNames.count)
        slots.initialize(repeating: Slot(), count: hostNames.count)
    }

    deinit {
        slots.deinitialize(count: hostNames.count)
        slots.deallocate()
    }

    /// The slot of `rank`: written by that rank alone, read by others after the next barrier and before the one after it.
    subscript(rank: Int) -> Slot {
        get {
            precondition(0 <= rank && rank < size, "rank \(rank) of \(size)")
            return slots[rank]
        }
        set { slots[rank] = newValue }
    }

    /// Returns once every rank has called it.
    func barrier() {
        job.withLock {
            let mine = generation
            arrived += 1
            if arrived == size {
                arrived = 0
                generation += 1
                job.signal()
            } else {
                job.wait { generation != mine }
            }
        }
    }

    /// Copies what ranks of this group send to one of them into its `receives`; what comes from other ranks is left alone.
    ///
    /// - Parameters:
    ///   - rank: the receiving rank.
    ///   - first: the group's first rank in the communicator whose ranks the stretches name.
    ///   - cursors: one for each rank of that communicator: how far its sends have been looked through.
    func copyStretches(
        _ receives: UnsafeBufferPointer<Stretch>, to rank: Int, first: Int, _ cursors: inout [Int]
    ) {
        for peer in cursors.indices { cursors[peer] = 0 }
        for receive in receives where receive.peer >= first && receive.peer < first + size {
            let peer = receive.peer
            let theirs = self[peer - first].sends
            while cursors[peer] < theirs.count && theirs[cursors[peer]].peer != rank { cursors[peer] += 1 }
            precondition(
                cursors[peer] < theirs.count, "rank \(rank) receives more stretches from rank \(peer) than that sends")
            let send = theirs[cursors[peer]]
            precondition(
                send.byteCount == receive.byteCount,
                "rank \(peer) sends \(send.byteCount) bytes, but rank \(rank) receives \(receive.byteCount)")
            if send.byteCount > 0 { receive.base.copyMemory(from: send.base, byteCount: send.byteCount) }
            cursors[peer] += 1
        }
    }
}
