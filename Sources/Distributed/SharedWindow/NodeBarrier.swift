import CSystem
import Glibc

/// The wait of a node's ranks for each other, on counters in memory that all of them see.
///
/// Each rank counts its arrivals in a cache line of its own and then waits for everybody else's count: first by looking again
/// and again, then letting others run in between, then asleep (futex). Where ranks outnumber CPUs nobody spins.
final class NodeBarrier {
    /// The bytes of one rank's counter: what two CPUs fetch together.
    static var bytesOfRank: Int { 128 }

    /// How often this rank has waited.
    private(set) var count = 0

    private let counters: UnsafeMutableRawPointer
    private let place: Int
    private let size: Int
    private let isCrowded: Bool
    private let idle: () -> Void
    private var arrivals: UInt32 = 0

    /// - Parameters:
    ///   - counters: `bytesOfRank` bytes a rank, zero at first.
    ///   - idle: called now and then while this rank waits long.
    init(counters: UnsafeMutableRawPointer, place: Int, size: Int, isCrowded: Bool, idle: @escaping () -> Void) {
        self.counters = counters
        self.place = place
        self.size = size
        self.isCrowded = isCrowded
        self.idle = idle
    }

    /// Looks before the first yield: about 20 µs.
    private var spins: Int { isCrowded ? 0 : 1000 }
    /// Yields before the first sleep. A yield to nobody takes about half a microsecond.
    private var yields: Int { isCrowded ? 50 : 2000 }
    /// The longest sleep, in microseconds: how often a rank that waits for long looks after its messages.
    private var sleep: UInt32 { 1000 }

    /// Returns once every rank of the node has come here as often as this one; what they wrote before is visible then.
    ///
    /// - Complexity: no allocation.
    func wait() {
        guard size > 1 else { return }
        count += 1
        arrivals &+= 1
        let own = counter(place)
        dtrain_store_and_wake(own, arrivals, own + 1)
        // Starting behind this rank, so that not everybody looks at the first rank's line at once.
        for distance in 1..<size { wait(for: counter((place + distance) % size)) }
    }

    /// Shows the node's ranks a number, and what this rank wrote before.
    func announce(_ value: UInt32) {
        let word = announcement(place)
        // Nobody sleeps until it changes.
        dtrain_store_and_wake(word, value, word + 1)
    }

    /// The last number that the rank in place `place` has shown, 0 before the first.
    func announced(by place: Int) -> UInt32 { dtrain_load_word(announcement(place)) }

    /// In the second line of the rank's bytes.
    private func announcement(_ place: Int) -> UnsafeMutablePointer<UInt32> { counter(place) + 16 }

    private func counter(_ place: Int) -> UnsafeMutablePointer<UInt32> {
        (counters + place * Self.bytesOfRank).assumingMemoryBound(to: UInt32.self)
    }

    @inline(__always)
    private func hasArrived(_ counter: UnsafeMutablePointer<UInt32>) -> Bool {
        Int32(bitPattern: dtrain_load_word(counter) &- arrivals) >= 0
    }

    private func wait(for counter: UnsafeMutablePointer<UInt32>) {
        for _ in 0..<spins {
            if hasArrived(counter) { return }
            dtrain_pause()
        }
        for _ in 0..<yields {
            if hasArrived(counter) { return }
            sched_yield()
        }
        while true {
            let seen = dtrain_load_word(counter)
            if Int32(bitPattern: seen &- arrivals) >= 0 { return }
            idle()
            if !dtrain_sleep_while(counter, seen, counter + 1, sleep) { usleep(20) }
        }
    }
}
