import CSystem
import Glibc

/// A thread that moves messages while the ranks of its process compute: Open MPI and MPICH have none that would, unless their users
/// ask for one.
///
/// It looks after them now and then, and sleeps where no rank has any under way.
final class MPIMover: @unchecked Sendable {
    /// The ranks that have messages under way, `over` at the end, and the number of those who sleep until that changes.
    private let words: UnsafeMutablePointer<UInt32>
    /// Under MPI's lock.
    private var ranks: UInt32 = 0
    private var thread: SystemThread?

    private static var over: UInt32 { .max }

    /// - Parameter communicator: any whose messages are under way.
    /// - Throws: where the system has no thread left.
    init(_ communicator: MPICommunicator) throws(ThreadError) {
        MPILock.share()
        let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
        words.initialize(repeating: 0, count: 2)
        self.words = words
        nonisolated(unsafe) let (state, messages) = (words, communicator)
        thread = try SystemThread("the thread that moves messages") { Self.work(state, messages) }
    }

    deinit {
        dtrain_store_and_wake(words, Self.over, words + 1)
        thread?.join()
        words.deallocate()
    }

    /// Says that one more rank has messages under way.
    func begin() { change { $0 + 1 } }

    /// Says that one less has; whoever waits moves its messages itself.
    func end() { change { $0 - 1 } }

    private func change(_ count: (UInt32) -> UInt32) {
        MPILock.with {
            ranks = count(ranks)
            dtrain_store_and_wake(words, ranks, words + 1)
        }
    }

    /// Microseconds between two looks at the messages. Each takes the CPU from a rank that computes.
    private static var pause: UInt32 { 500 }
    /// Nanoseconds of a look in which something moved, so that there may be more.
    private static var movement: Int { 10_000 }
    /// Looks without a pause.
    private static var looks: Int { 100 }

    private static func work(_ words: UnsafeMutablePointer<UInt32>, _ communicator: MPICommunicator) {
        while true {
            switch dtrain_load_word(words) {
            case over: return
            case 0: if !dtrain_sleep_while(words, 0, words + 1, 1_000_000) { usleep(1000) }
            default:
                for _ in 0..<looks where dtrain_load_word(words) != 0 {
                    var took = 0
                    // A rank that waits moves messages itself.
                    MPILock.tryWith {
                        let begin = now
                        communicator.makeProgress()
                        took = now - begin
                    }
                    if took < movement { break }
                }
                usleep(pause)
            }
        }
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
