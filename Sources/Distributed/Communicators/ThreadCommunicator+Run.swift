import Glibc

extension ThreadCommunicator {
    /// Runs `body` on `size` ranks, each a thread of its own, and waits for all of them.
    ///
    /// When a rank throws, the others end at their next collective operation, without unwinding: what they own then leaks.
    ///
    /// - Parameter hostNames: what the ranks take for their hosts; nil for this machine's name.
    /// - Returns: what the ranks returned, by rank.
    /// - Throws: the first error that a rank threw.
    @discardableResult
    public static func run<Result: Sendable>(
        size: Int, hostNames: [String]? = nil, _ body: @escaping @Sendable (ThreadCommunicator) throws -> Result
    ) throws -> [Result] {
        precondition(size > 0, "\(size) ranks")
        let names = hostNames ?? [String](repeating: HostName.current, count: size)
        precondition(names.count == size, "\(names.count) host names for \(size) ranks")
        let job = ThreadJob()
        let group = ThreadGroup(job: job, hostNames: names)
        let results = Results<Result>(count: size)
        let threads = (0..<size).compactMap { rank -> SystemThread? in
            do {
                return try SystemThread("thread \(rank + 1) of \(size)") {
                    do {
                        let result = try body(ThreadCommunicator(rank: rank, group: group))
                        job.withLock { results.values[rank] = result }
                        job.end(nil)
                    } catch {
                        job.end(error)
                    }
                }
            } catch {
                // As if this rank had failed at once: the others end where they wait for it.
                job.end(error)
                return nil
            }
        }
        let failure = job.join(size: size)
        if job.hasParked {
            for thread in threads { thread.detach() }
        } else {
            for thread in threads { thread.join() }
        }
        if let failure { throw failure }
        return results.values.map { $0! }
    }
}

/// What the ranks returned; written under the job's lock.
private final class Results<Value: Sendable>: @unchecked Sendable {
    var values: [Value?]

    init(count: Int) { values = [Value?](repeating: nil, count: count) }
}
