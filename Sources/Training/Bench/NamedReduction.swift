import Core
import Distributed

/// A reduction of gradients that says what its ranks wait for, and can have them wait for each other first: then the time of
/// a reduction is that of reducing.
final class NamedReduction: GradientReduction {
    private let base: any GradientReduction<Float>
    private let communicator: any Communicator
    /// Whether all wait until all have come before anything is moved.
    var separatesWaiting = false

    init(_ base: any GradientReduction<Float>, communicator: any Communicator) {
        self.base = base
        self.communicator = communicator
    }

    var owned: OwnedSlice { base.owned }

    var isTrying: Bool { base.isTrying }

    func begin(_ partition: BatchPartition) { base.begin(partition) }

    func finished(from element: Int) { base.finished(from: element) }

    func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Float> {
        meet()
        return communicator.waits.naming(.gradients) { base.reduce(partition) }
    }

    func publish() {
        meet()
        communicator.waits.naming(.parameters) { base.publish() }
    }

    var blockSquareSums: UnsafePointer<Double> { base.blockSquareSums }

    func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64 {
        communicator.waits.naming(.norms) { base.allgatherBlocks(owned, into: all, joining: flags, along: bytes) }
    }

    func gather(_ slice: UnsafePointer<Float>, into whole: UnsafeMutablePointer<Float>?) {
        base.gather(slice, into: whole)
    }

    func scatter(_ whole: UnsafePointer<Float>?, into slice: UnsafeMutablePointer<Float>) {
        base.scatter(whole, into: slice)
    }

    private func meet() {
        if separatesWaiting { communicator.waits.naming(.arrival) { communicator.barrier() } }
    }
}
