import Glibc

extension ThreadCommunicator {
    /// The stack of one rank's thread: as much as a main thread has by default, twice.
    private static var stackBytes: Int { 16 << 20 }

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
        let threads = (0..<size).map { rank in
            start {
                do {
                    let result = try body(ThreadCommunicator(rank: rank, group: group))
                    job.withLock { results.values[rank] = result }
                    job.end(nil)
                } catch {
                    job.end(error)
                }
            }
        }
        let failure = job.join(size: size)
        if job.hasParked {
            for thread in threads { pthread_detach(thread) }
        } else {
            for thread in threads { pthread_join(thread, nil) }
        }
        if let failure { throw failure }
        return results.values.map { $0! }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(ThreadBody(body))
        let status = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "cannot start a thread: \(String(cString: strerror(status)))")
        return thread
    }
}

/// What a thread runs.
private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// What the ranks returned; written under the job's lock.
private final class Results<Value: Sendable>: @unchecked Sendable {
    var values: [Value?]

    init(count: Int) { values = [Value?](repeating: nil, count: count) }
}
