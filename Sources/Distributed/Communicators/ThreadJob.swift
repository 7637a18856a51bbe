import Glibc

/// What the threads of one `ThreadCommunicator.run` share: the lock under which they wait for each other, and whether one
/// of them has failed.
///
/// A communicator's operations do not throw, so a rank that waits for a failed one could never return; it is parked for
/// good instead, and `run` reports the error.
final class ThreadJob: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var failure: (any Error)?
    /// Ranks that returned, threw or were parked.
    private var ended = 0
    private var parked = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` under the lock.
    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Wakes everybody who waits. The lock is held.
    func signal() { pthread_cond_broadcast(condition) }

    /// Waits until `isReady`; never returns once a rank has failed. The lock is held.
    func wait(until isReady: () -> Bool) {
        while !isReady() {
            if failure != nil { park() }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Does not return once a rank has failed.
    func parkIfFailed() {
        withLock { if failure != nil { park() } }
    }

    private func park() -> Never {
        parked += 1
        ended += 1
        signal()
        while true { pthread_cond_wait(condition, mutex) }
    }

    /// Notes that a rank is done.
    func end(_ error: (any Error)?) {
        withLock {
            ended += 1
            if failure == nil { failure = error }
            signal()
        }
    }

    /// Waits until no rank runs any more.
    ///
    /// - Returns: the first error.
    func join(size: Int) -> (any Error)? {
        withLock {
            while ended < size { pthread_cond_wait(condition, mutex) }
            return failure
        }
    }

    /// Whether some thread never ends.
    var hasParked: Bool { withLock { parked > 0 } }
}
