import Glibc

/// One rank alone: every operation is a copy, or nothing.
public final class SingleCommunicator: Communicator {
    public let hostNames: [String]
    /// One rank alone waits for nobody.
    public let waits = WaitCounter()

    public init() { hostNames = [HostName.current] }

    public var rank: Int { 0 }
    public var size: Int { 1 }
    public var processCount: Int { 1 }

    public var nodes: Nodes { .apart(rank: 0, size: 1) }
    public var coresPerRank: Int { AllowedCPUs.current.count }

    public func barrier() {}

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        Self.requireSelf(root)
    }

    public func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction) {}

    public func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int
    ) {
        Self.requireSelf(root)
        guard let result else { preconditionFailure("rank 0 gathers, but gave no memory for the result") }
        allgather(bytes, counts: counts, into: result)
    }

    public func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int
    ) {
        Self.requireSelf(root)
        guard let bytes else { preconditionFailure("rank 0 scatters, but gave no bytes") }
        allgather(bytes, counts: counts, into: result)
    }

    public func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer) {
        Counts.validate(counts, size: 1, own: (0, bytes.count), whole: result.count)
        if let source = bytes.baseAddress, bytes.count > 0 {
            result.baseAddress!.copyMemory(from: source, byteCount: bytes.count)
        }
    }

    public func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        SelfExchange.copy(sends, receives, rank: 0)
    }

    public func split(color: Int?, key: Int) -> (any Communicator)? {
        color == nil ? nil : SingleCommunicator()
    }

    public func share(byteCount: Int, own: Range<Int>) -> SharedMemory { SharedMemory(byteCount: byteCount) }

    public func makeProgress() {}

    public func abort(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    private static func requireSelf(_ root: Int) {
        precondition(root == 0, "rank \(root) of 1")
    }
}
