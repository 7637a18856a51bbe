import Distributed

/// Threads as ranks, whose background exchange moves nothing before all wait for it: what is sent is read, and what is received is
/// written, as late as may be.
final class DeferringCommunicator: Communicator {
    private let base: any Communicator

    init(_ base: any Communicator) { self.base = base }

    func makeBackgroundExchange() -> (any BackgroundExchange)? { DeferredExchange(base) }

    var rank: Int { base.rank }
    var size: Int { base.size }
    var processCount: Int { base.processCount }
    var hostNames: [String] { base.hostNames }
    var nodes: Nodes { base.nodes }
    var coresPerRank: Int { base.coresPerRank }
    var waits: WaitCounter { base.waits }

    func barrier() { base.barrier() }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) { base.broadcast(bytes, from: root) }

    func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {
        base.allreduce(values, operation)
    }

    func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        base.gather(bytes, counts: counts, into: result, at: root)
    }

    func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        base.scatter(bytes, counts: counts, into: result, from: root)
    }

    func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        base.allgather(bytes, counts: counts, into: result)
    }

    func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        base.exchange(sends, receives)
    }

    func split(color: Int?, key: Int) -> (any Communicator)? { base.split(color: color, key: key) }

    func share(byteCount: Int, own: Range<Int>) throws(SharedMemoryError) -> SharedMemory {
        try base.share(byteCount: byteCount, own: own)
    }

    func makeProgress() { base.makeProgress() }

    func abort(_ code: Int32) -> Never { base.abort(code) }
}

private final class DeferredExchange: BackgroundExchange {
    private let communicator: any Communicator
    private var sends: [Stretch] = []
    private var receives: [Stretch] = []

    init(_ communicator: any Communicator) { self.communicator = communicator }

    func start(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        self.sends += sends
        self.receives += receives
    }

    func finish() {
        sends.withUnsafeBufferPointer { sends in
            receives.withUnsafeBufferPointer { communicator.exchange(sends, $0) }
        }
        sends = []
        receives = []
    }

    func ofThread(
        rank: Int, processOfRank: [Int], isCrowded: Bool, waits: WaitCounter, meet: @escaping () -> Void
    ) -> (any BackgroundExchange)? { self }
}
