import Core
import Distributed

/// Gradients of one size, with what sums them and what takes a step with them: the one place where measuring makes a
/// reduction.
struct ReductionSubject {
    /// The ranks; small collectives of a node's ranks go through the memory that they share.
    let communicator: any Communicator
    let arena: ParameterArena<Float>
    /// What every rank has a copy of, as usual.
    private let replica: ParameterArena<Float>
    let reduction: any GradientReduction<Float>
    let partition: BatchPartition
    /// This reduction's way: each rank its slice.
    let sharded: ShardedOptimizer
    /// The usual way: every rank everything.
    let replicated: ShardedOptimizer
    let count: Int
    /// Whether ranks of a node share memory, or send each other messages.
    let isShared: Bool
    /// Why memory is not shared though it should be; the same on every rank.
    let sharingFailure: SharedMemoryError?
    /// What `MPI_Allreduce` sums.
    let gradient: AlignedBuffer<Float>
    /// The sum of the squares of every block's gradient.
    private let squares: AlignedBuffer<Double>

    /// - Important: Collective; every rank calls it in the same order.
    init(count: Int, configuration: Configuration, communicator: any Communicator) {
        self.count = count
        let assignment = Self.assignment(configuration, communicator)
        arena = Self.arena(count: count)
        let roots = assignment.limits(of: communicator.rank, globalBatchSize: assignment.shards).roots
        let memory = ParameterWindow<Float>(
            communicator, storageCount: arena.storageCount, assignment: assignment,
            isShared: configuration.sharesMemory)
        isShared = memory.window.nodes.count < communicator.size
        sharingFailure = memory.failure
        let communicator = WindowCommunicator.over(communicator, memory.window)
        self.communicator = communicator
        arena.seal(rootCount: roots, values: memory.values, gradients: memory.ownGradients(roots: roots))
        let blocks = ParameterBlocks(arena.parameters)
        reduction = Mechanisms().gradientReduction(communicator, memory, blocks, assignment)
        squares = AlignedBuffer(count: blocks.blocks.count)
        partition = assignment.partitions(rows: assignment.shards, rank: communicator.rank)[0]
        let optimizer = configuration.optimizer.makeOptimizer(Float.self)
        sharded = ShardedOptimizer(optimizer, arena: arena, owned: reduction.owned)
        replica = Self.arena(count: count)
        replica.seal(rootCount: 0)
        replicated = ShardedOptimizer(
            optimizer, arena: replica, owned: ParameterBlocks(replica.parameters).slice(of: 0, of: 1))
        gradient = AlignedBuffer(count: count)
    }

    /// What a step does between its gradient and its update: every rank learns the squares that the norm is made of, and that all
    /// have come so far.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    func exchangeNorm() {
        _ = reduction.allgatherBlocks(reduction.blockSquareSums, into: squares.base, joining: 0, along: nil)
    }

    /// Leaves the caches as a step's passes do: the values read by all who share them, this rank's gradient partials written.
    func touchShared() {
        read(arena.values)
        for root in 0..<arena.rootCount { write(arena.gradients(root: root)) }
    }

    /// The same of this rank's own copy of the values, and of what `MPI_Allreduce` sums.
    func touchReplicated() {
        read(replica.values)
        write(gradient.base)
    }

    private func read(_ values: UnsafePointer<Float>) {
        precondition(Float.areFinite(values, count: count), "a value that is not finite")
    }

    private func write(_ gradient: UnsafeMutablePointer<Float>) { gradient.update(repeating: 1e-3, count: count) }

    private static func arena(count: Int) -> ParameterArena<Float> {
        let arena = ParameterArena<Float>()
        _ = arena.declare("gradient", shape: [count], initializer: .constant(0), decays: true)
        return arena
    }

    /// The shards of the configuration, each of one sample, in one pass.
    private static func assignment(_ configuration: Configuration, _ communicator: any Communicator) -> ShardAssignment
    {
        ShardAssignment(shards: configuration.shards, hostNames: communicator.hostNames)
    }

    /// What a rank needs for gradients of `count` numbers: values, roots, those of others, the optimizers' slots, and what is
    /// summed by MPI.
    static func bytes(count: Int, configuration: Configuration, communicator: any Communicator) -> Int {
        let assignment = assignment(configuration, communicator)
        let roots = (0..<communicator.size).map {
            assignment.limits(of: $0, globalBatchSize: assignment.shards).roots
        }
        let slots = configuration.optimizer.makeOptimizer(Float.self).slotNames.count
        let own = roots[communicator.rank]
        // A slice is about as large as all by the ranks.
        let slices = roots.reduce(0, +) + slots
        return 4 * count * (2 + own + slots) + 4 * count / communicator.size * slices
    }
}
