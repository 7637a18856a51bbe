import Core
import Distributed

/// What other data-parallel trainers do, for measuring and as a negative control: each rank adds up its own partials, one
/// floating-point `MPI_Allreduce` adds up the ranks', and every rank updates every parameter.
///
/// The order of the additions is the MPI library's: it depends on the number of ranks and on the message's length. Where the
/// ranks are threads, their sums are added in rank order.
public final class AllreduceReduction: GradientReduction {
    public let owned: OwnedSlice

    private let communicator: any Communicator
    private let memory: ParameterWindow<Float>
    private let blocks: ParameterBlocks
    /// The elements of the arena up to the last parameter's end: what everybody owns lies in a state as it does in the arena.
    private let count: Int
    private let squareSums: AlignedBuffer<Double>
    /// The roots that this rank has memory for.
    private let rootCount: Int
    /// In place of a root's memory on a rank that exports none.
    private let zeros: AlignedBuffer<Float>
    /// The sums of all ranks; only where MPI does not add them.
    private let sums: AlignedBuffer<Float>
    /// The passes of a batch so far, one added after the other.
    private let total: AlignedBuffer<Float>

    /// - Parameters:
    ///   - memory: of each rank alone, as every rank updates everything.
    ///   - blocks: the blocks of the arena's parameters: every rank owns them all.
    public init(
        communicator: any Communicator, memory: ParameterWindow<Float>, blocks: ParameterBlocks,
        assignment: ShardAssignment
    ) {
        precondition(memory.window.nodes.count == communicator.size, "every rank updates a copy of its own")
        self.communicator = communicator
        self.memory = memory
        self.blocks = blocks
        rootCount = assignment.limits(of: communicator.rank, globalBatchSize: assignment.shards).roots
        squareSums = AlignedBuffer(count: blocks.blocks.count)
        owned = blocks.slice(of: 0, of: 1)
        count = blocks.blocks.last?.range.upperBound ?? 0
        zeros = AlignedBuffer(count: rootCount == 0 ? count : 0)
        sums = AlignedBuffer(count: communicator is MPICommunicator ? 0 : count * communicator.size)
        total = AlignedBuffer(count: count)
    }

    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: no allocation under MPI.
    public func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Float> {
        let sum = rootCount > 0 ? memory.gradient(ofPlace: 0, root: 0) : zeros.base
        if rootCount == 0 || partition.layout.isEmpty(root: 0) { sum.update(repeating: 0, count: count) }
        for root in partition.layout.roots.indices.dropFirst() where !partition.layout.isEmpty(root: root) {
            Self.add(memory.gradient(ofPlace: 0, root: root), to: sum, count: count)
        }
        addOverRanks(sum)
        let result = accumulate(sum, partition.batchPlan)
        blocks.blocks.withUnsafeBufferPointer {
            ParameterBlocks.squareSums(of: $0, UnsafePointer(result), into: squareSums.base)
        }
        return result
    }

    public var blockSquareSums: UnsafePointer<Double> { UnsafePointer(squareSums.base) }

    /// Adds this pass to those before it.
    private func accumulate(_ sum: UnsafeMutablePointer<Float>, _ plan: MergePlan) -> UnsafeMutablePointer<Float> {
        guard plan.waiting > 0 || !plan.isLast else { return sum }
        if plan.waiting == 0 {
            total.base.update(from: sum, count: count)
        } else {
            Self.add(sum, to: total.base, count: count)
        }
        return total.base
    }

    private func addOverRanks(_ sum: UnsafeMutablePointer<Float>) {
        guard communicator.size > 1 else { return }
        if let world = communicator as? MPICommunicator { return world.libraryAllreduce(sum, count: count) }
        let bytes = count * MemoryLayout<Float>.stride
        communicator.allgather(
            UnsafeRawBufferPointer(start: sum, count: bytes),
            counts: [Int](repeating: bytes, count: communicator.size),
            into: UnsafeMutableRawBufferPointer(sums.elements))
        sum.update(from: sums.base, count: count)
        for rank in 1..<communicator.size { Self.add(sums.base + rank * count, to: sum, count: count) }
    }

    private static func add(_ term: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
        for i in 0..<count { sum[i] += term[i] }
    }

    /// Every rank has updated every parameter: nothing is left to tell.
    public func publish() {}

    /// - Important: Collective; every rank calls it in the same order.
    public func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64 {
        all.update(from: owned, count: blocks.blocks.count)
        if let bytes { communicator.allgather(bytes.own, counts: bytes.counts, into: bytes.all) }
        return communicator.size == 1 ? flags : communicator.allgather(flags).reduce(0, |)
    }

    public func gather(_ slice: UnsafePointer<Float>, into whole: UnsafeMutablePointer<Float>?) {
        whole?.update(from: slice, count: count)
    }

    /// - Important: Collective; every rank calls it in the same order.
    public func scatter(_ whole: UnsafePointer<Float>?, into slice: UnsafeMutablePointer<Float>) {
        if let whole { slice.update(from: whole, count: count) }
        communicator.broadcast(slice, count: count, from: 0)
    }
}
