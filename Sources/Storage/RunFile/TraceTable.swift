/// A hash of every tensor of every traced step, in the order of execution: two runs part where their hashes do.
public struct TraceTable: Sendable, Equatable {
    /// What the columns are hashes of: `forward output of linear1`.
    public let tensors: [String]
    /// The steps, [S]; not all, where a run was traced from a resume on.
    public private(set) var steps: [Int] = []
    /// The hashes, [S, tensor].
    public private(set) var hashes: [UInt64] = []

    public init(tensors: [String]) {
        self.tensors = tensors
    }

    /// The number of rows, S.
    public var count: Int { steps.count }

    /// Adds a row.
    ///
    /// - Precondition: one hash a tensor.
    public mutating func append(step: Int, hashes row: UnsafeBufferPointer<UInt64>) {
        precondition(row.count == tensors.count, "\(row.count) hashes of \(tensors.count) tensors")
        steps.append(step)
        hashes.append(contentsOf: row)
    }

    /// Adds the rows of `later`.
    mutating func append(_ later: TraceTable) {
        precondition(later.tensors == tensors, "hashes of other tensors")
        steps += later.steps
        hashes += later.hashes
    }

    /// Makes room for this many rows in all, or for 64 MiB of them: beyond that growing now and then costs less.
    public mutating func reserveCapacity(_ count: Int) {
        let count = min(count, (8 << 20) / max(1, tensors.count))
        steps.reserveCapacity(count)
        hashes.reserveCapacity(count * tensors.count)
    }

    /// Forgets the rows after `step`.
    mutating func truncate(afterStep step: Int) {
        let kept = steps.count { $0 <= step }
        precondition(steps[..<kept].allSatisfy { $0 <= step }, "trace rows out of order")
        steps.removeLast(steps.count - kept)
        hashes.removeLast(hashes.count - kept * tensors.count)
    }
}
