/// The ranks of one thread communicator: what each shows the others, and their barrier.
final class ThreadGroup: @unchecked Sendable {
    /// What one rank shows the others between two barriers.
    struct Slot {
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        var sends = UnsafeBufferPointer<Stretch>(start: nil, count: 0)
        var color: Int?
        var key = 0
        var subgroup: ThreadGroup?
        var memory: SharedMemory?
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
}
