import Dispatch
import Synchronization

/// A thread that writes a run's files while training goes on: one job after the other, each on the same files.
///
/// A job that fails is the last: later ones are left out, and who asks next is told why.
final class FileThread: Sendable {
    /// What the jobs write to. Touched by the queue's jobs alone.
    private final class Box: @unchecked Sendable {
        var files: RunFiles

        init(_ files: RunFiles) { self.files = files }
    }

    private struct State {
        var jobs = 0
        var failure: (any Error)?
        /// When the last job ended, and how long it took.
        var lastEnd = ContinuousClock.now
        var lastTook = Duration.zero
    }

    private let queue = DispatchQueue(label: "dtrain.files")
    private let box: Box
    private let state = Mutex(State())

    init(_ files: RunFiles) {
        box = Box(files)
    }

    /// Whether a job is waiting or under way.
    var isBusy: Bool { state.withLock { $0.jobs > 0 } }

    /// Whether a job has failed; `wait` says why.
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// The time since the last job ended, and how long that took.
    var lastJob: (ago: Duration, took: Duration) { state.withLock { (ContinuousClock.now - $0.lastEnd, $0.lastTook) } }

    /// Has `job` done after all others before it; does not wait.
    func start(_ job: @escaping @Sendable (inout RunFiles) throws -> Void) {
        state.withLock { $0.jobs += 1 }
        queue.async { [self] in
            let begin = ContinuousClock.now
            var failure: (any Error)?
            if !hasFailed {
                do { try job(&box.files) } catch { failure = error }
            }
            state.withLock {
                $0.jobs -= 1
                $0.failure = $0.failure ?? failure
                $0.lastEnd = ContinuousClock.now
                $0.lastTook = $0.lastEnd - begin
            }
        }
    }

    /// Waits until all jobs are done.
    ///
    /// - Throws: why one of them failed.
    func wait() throws {
        queue.sync {}
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Does `job` after all others, and waits for it.
    ///
    /// - Throws: why it, or one before it, failed.
    func run<Result>(_ job: (inout RunFiles) throws -> Result) throws -> Result {
        try wait()
        return try queue.sync { try job(&box.files) }
    }

    /// Waits until all jobs are done, failed or not, and uses the files.
    func afterAll<Result>(_ body: (inout RunFiles) -> Result) -> Result { queue.sync { body(&box.files) } }
}
