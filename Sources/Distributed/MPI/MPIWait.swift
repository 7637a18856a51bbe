import CSystem
import Glibc

/// How a rank waits: by asking MPI again and again, first at once, then letting others run in between, then sleeping.
///
/// MPI libraries spin in their blocking calls. Where ranks outnumber CPUs, a spinning rank takes the CPU from the one it
/// waits for, so every wait here is ours and depends on no launcher's flag.
struct MPIWait {
    /// Whether the ranks of this machine outnumber the CPUs they may use.
    let isCrowded: Bool

    /// Asks before the first yield: about 20 µs, several times what a small message takes.
    private var spins: Int { isCrowded ? 0 : 100 }
    /// Yields before the first sleep: from 1 ms where ranks compete, to a second where they do not.
    private var yields: Int { isCrowded ? 2000 : 100_000 }

    /// Asks `isDone` until it says yes.
    ///
    /// - Returns: false if `seconds` passed first.
    @inline(__always)
    func wait(seconds: Double = .infinity, until isDone: () -> Bool) -> Bool {
        for _ in 0..<spins {
            if isDone() { return true }
            dtrain_pause()
        }
        for _ in 0..<yields {
            if isDone() { return true }
            sched_yield()
        }
        var waited = 0.0
        var microseconds: UInt32 = 20
        while !isDone() {
            if waited > seconds { return false }
            usleep(microseconds)
            waited += Double(microseconds) * 1e-6
            microseconds = min(microseconds * 2, 500)
        }
        return true
    }
}
