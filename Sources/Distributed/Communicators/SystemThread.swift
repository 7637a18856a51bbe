import Glibc

/// A thread of the system's, whose starting may fail.
package struct SystemThread: Sendable {
    private let thread: pthread_t

    /// As much stack as a main thread has by default, twice.
    private static var stackBytes: Int { 16 << 20 }

    /// Starts `body`.
    ///
    /// - Parameter name: what the thread is, for the error: "thread 2 of 4".
    /// - Throws: where the system has no thread left.
    package init(_ name: @autoclosure () -> String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
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
            throw ThreadError(name: name(), reason: String(cString: strerror(status)))
        }
        self.thread = thread
    }

    /// Waits for its end.
    package func join() { pthread_join(thread, nil) }

    /// Lets it go on alone.
    package func detach() { pthread_detach(thread) }
}

/// The system refuses a thread.
public struct ThreadError: Error, CustomStringConvertible, Sendable {
    let name: String
    let reason: String

    public var description: String {
        "cannot start \(name): \(reason); start fewer ranks or threads, or raise the limit on threads or memory (ulimit -u, ulimit "
            + "-v)"
    }
}

/// What a thread runs.
private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
