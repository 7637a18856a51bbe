/// Whether gradients cross the network while the backward pass goes on: tried both ways in a run's first passes, then done the
/// faster way.
///
/// What it hides are waits for the network; what it costs is CPU time that the backward pass does not get, so a fast network is
/// better left alone until there is nothing else to do. The bits are the same.
package struct OverlapTrial {
    /// Whether the pass at hand overlaps.
    package private(set) var overlaps = false
    /// The passes that have begun.
    private var passes = 0
    private var begin = ContinuousClock.now
    /// The microseconds of each timed pass, without and with.
    private var times: [[Double]] = [[], []]

    /// Passes that are not timed: of each way the first makes connections and memory.
    private static var untimed: Int { 2 }
    /// Passes that are, of each way.
    private static var timed: Int { 5 }

    private var isOver: Bool { passes > Self.untimed + 2 * Self.timed }

    package init() {
        for way in 0..<2 { times[way].reserveCapacity(Self.timed) }
    }

    /// Begins a pass.
    package mutating func beginPass() {
        guard !isOver else { return }
        passes += 1
        overlaps = passes.isMultiple(of: 2)
        begin = .now
    }

    /// Ends the pass: its gradients are summed.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    package mutating func endPass(_ communicator: any Communicator) {
        guard !isOver, passes > Self.untimed else { return }
        times[overlaps ? 1 : 0].append((ContinuousClock.now - begin) / .microseconds(1))
        guard passes == Self.untimed + 2 * Self.timed else { return }
        // Every rank's, so that all go the same way.
        let medians = times.map { UInt64($0.sorted()[Self.timed / 2]) }
        overlaps = communicator.allreduce(medians[1], .sum) < communicator.allreduce(medians[0], .sum)
        passes += 1
    }
}
