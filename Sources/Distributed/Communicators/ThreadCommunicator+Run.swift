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
        let threads = (0..<size).compactMap { rank in
            let thread = start {
                do {
                    let result = try body(ThreadCommunicator(rank: rank, group: group))
                    job.withLock { results.values[rank] = result }
                    job.end(nil)
                } catch {
                    job.end(error)
                }
            }
            // As if this rank had failed at once: the others end where they wait for it.
            if thread == nil { job.end(ThreadError(rank: rank, size: size, reason: String(cString: strerror(errno)))) }
            return thread
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

    /// - Returns: nil if the system has no thread left; `errno` says why.
    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
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
        guard status == 0 else {
            Unmanaged<ThreadBody>.fromOpaque(context.toOpaque()).release()
            errno = status
            return nil
        }
        return thread
    }
}

/// The system refuses a thread for a rank.
public struct ThreadError: Error, CustomStringConvertible, Sendable {
    let rank: Int
    let size: Int
    let reason: String

    public var description: String {
        "cannot start thread \(rank + 1) of \(size): \(reason); ask for fewer with --threads, or raise the limit on threads or "
            + "memory (ulimit -u, ulimit -v)"
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
