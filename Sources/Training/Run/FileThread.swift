import CSystem
import Distributed
import Foundation

/// A thread that writes a run's files while training goes on: one job after the other, each on the same files.
///
/// A job that fails is the last: later ones are left out, and who asks next is told why. The thread steps back where training
/// needs its CPU.
final class FileThread {
    typealias Job = @Sendable (inout RunFiles) throws -> Void

    /// What is shared with the thread; under the condition's lock, but for the files, which are the thread's while it works.
    private final class State: @unchecked Sendable {
        let condition = NSCondition()
        /// Nil at the end: with them goes the lock on the run.
        var files: RunFiles?
        var jobs: [Job] = []
        var isWorking = false
        var isOver = false
        var hasEnded = false
        var failure: (any Error)?
        /// When the last job ended, and how long it took.
        var lastEnd = ContinuousClock.now
        var lastTook = Duration.zero

        init(_ files: RunFiles) {
            self.files = files
        }

        var isBusy: Bool { isWorking || !jobs.isEmpty }
    }

    private let state: State

    /// How much the thread steps back (`nice`): to about a tenth of a CPU that training uses all of.
    private static var niceness: Int32 { 10 }

    /// - Throws: where the system has no thread left.
    init(_ files: RunFiles) throws(ThreadError) {
        let state = State(files)
        try SystemThread("the thread that writes files") {
            dtrain_step_back(Self.niceness)
            Self.work(state)
        }.detach()
        self.state = state
    }

    /// Waits until all jobs are done.
    deinit {
        state.condition.withLock {
            state.isOver = true
            state.condition.broadcast()
            while !state.hasEnded { state.condition.wait() }
            state.files = nil
        }
    }

    private static func work(_ state: State) {
        let condition = state.condition
        condition.lock()
        while true {
            while state.jobs.isEmpty && !state.isOver { condition.wait() }
            guard !state.jobs.isEmpty else { break }
            let job = state.jobs.removeFirst()
            let isLeftOut = state.failure != nil
            state.isWorking = true
            condition.unlock()
            let begin = ContinuousClock.now
            let outcome = Result { if !isLeftOut { try job(&state.files!) } }
            condition.lock()
            if case .failure(let error) = outcome { state.failure = error }
            state.isWorking = false
            state.lastEnd = ContinuousClock.now
            state.lastTook = state.lastEnd - begin
            condition.broadcast()
        }
        state.hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// Whether a job is waiting or under way.
    var isBusy: Bool { state.condition.withLock { state.isBusy } }

    /// Whether a job has failed; `wait` says why.
    var hasFailed: Bool { state.condition.withLock { state.failure != nil } }

    /// The time since the last job ended, and how long that took.
    var lastJob: (ago: Duration, took: Duration) {
        state.condition.withLock { (ContinuousClock.now - state.lastEnd, state.lastTook) }
    }

    /// Has `job` done after all others before it; does not wait.
    func start(_ job: @escaping Job) {
        state.condition.withLock {
            state.jobs.append(job)
            state.condition.broadcast()
        }
    }

    /// Waits until all jobs are done.
    ///
    /// - Throws: why one of them failed.
    func wait() throws {
        state.condition.lock()
        defer { state.condition.unlock() }
        while state.isBusy { state.condition.wait() }
        if let failure = state.failure { throw failure }
    }

    /// Does `job` after all others, on the calling thread.
    ///
    /// - Throws: why it, or one before it, failed.
    func run<Result>(_ job: (inout RunFiles) throws -> Result) throws -> Result {
        try wait()
        return try job(&state.files!)
    }

    /// Waits until all jobs are done, failed or not, and uses the files.
    func afterAll<Result>(_ body: (inout RunFiles) -> Result) -> Result {
        try? wait()
        return body(&state.files!)
    }
}
