/// Whether gradients cross the network while the backward pass goes on: tried both ways in a run's first batches, then done the
/// faster way.
///
/// What it hides are waits for the network; what it costs is CPU time that the backward pass does not get, so a fast network is
/// better left alone until there is nothing else to do. The bits are the same.
package struct OverlapTrial {
    /// Whether the batch at hand overlaps.
    package private(set) var overlaps = false
    /// Whether both ways are still being tried.
    package private(set) var isTrying: Bool
    /// The batches that are done.
    private var batches = 0
    private var begin = ContinuousClock.now
    /// What the batch at hand has taken so far, in microseconds.
    private var time = 0.0
    /// The times of the batches that are timed, without and with.
    private var times: [[Double]] = [[], []]

    /// Batches that are not timed: of each way the first makes connections and memory.
    private static var untimed: Int { 2 }
    /// Batches that are, of each way.
    private static var timed: Int { 5 }

    /// - Parameter always: the way that is taken without a trial; nil for the faster one.
    package init(always: Bool? = nil) {
        isTrying = always == nil
        overlaps = always ?? false
        for way in 0..<2 { times[way].reserveCapacity(Self.timed) }
    }

    /// Begins a pass.
    package mutating func beginPass() {
        if isTrying { begin = .now }
    }

    /// Ends the pass: its gradients are summed.
    ///
    /// - Parameter isLast: whether it is its batch's last.
    /// - Important: Collective; every rank calls it in the same order.
    package mutating func endPass(isLast: Bool, _ communicator: any Communicator) {
        guard isTrying else { return }
        time += (ContinuousClock.now - begin) / .microseconds(1)
        if isLast { endBatch(communicator) }
    }

    private mutating func endBatch(_ communicator: any Communicator) {
        if batches >= Self.untimed { times[overlaps ? 1 : 0].append(time) }
        time = 0
        batches += 1
        overlaps.toggle()
        guard batches == Self.untimed + 2 * Self.timed else { return }
        isTrying = false
        // Over all ranks, so that all go the same way.
        let medians = times.map { UInt64($0.sorted()[Self.timed / 2]) }
        overlaps = communicator.allreduce(medians[1], .sum) < communicator.allreduce(medians[0], .sum)
    }
}
