import Glibc

/// One thread at a time calls MPI: where a second one moves messages, each call is made under this lock.
///
/// Source: MPI 4.0, section 11.6.1 (`MPI_THREAD_SERIALIZED`).
enum MPILock {
    /// Set before the second thread begins; stays set.
    nonisolated(unsafe) private static var isNeeded = false

    /// May be taken again by the thread that has it: what ends the job calls MPI too.
    nonisolated(unsafe) private static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
        return mutex
    }()

    /// From here on calls need the lock. The first time to be called while there is one thread that calls MPI.
    static func share() {
        if !isNeeded { isNeeded = true }
    }

    /// Makes a call.
    @inline(__always)
    static func with<Result>(_ call: () -> Result) -> Result {
        guard isNeeded else { return call() }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return call()
    }

    /// Makes calls, unless another thread is making one.
    static func tryWith(_ calls: () -> Void) {
        guard pthread_mutex_trylock(mutex) == 0 else { return }
        defer { pthread_mutex_unlock(mutex) }
        calls()
    }

    /// Lets no other thread call MPI any more.
    static func keep() {
        if isNeeded { pthread_mutex_lock(mutex) }
    }
}
