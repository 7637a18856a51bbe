import Core
import Distributed
import Glibc

/// Times collective operations: the median over rounds of the slowest rank.
struct CommunicationBenchmark {
    let communicator: any Communicator
    let iterations: Int

    /// The default network's parameters, and sizes around them.
    private let sizes = [1_000, 10_000, 101_770, 235_146, 1_000_000, 10_000_000]

    func run() {
        if communicator.rank == 0 {
            print("\(communicator.size) ranks, \(MPIEnvironment.libraryVersion); median of \(iterations), microseconds")
            print("              floats      reduce     publish    together   MPI_Allreduce   ratio")
        }
        for size in sizes {
            measureReduction(size, isShared: true)
            measureReduction(size, isShared: false)
        }
        for isShared in [true, false] {
            let name = isShared ? "shared memory" : "messages"
            let window = ParameterWindow<Float>(
                communicator, storageCount: 0,
                assignment: ShardAssignment(shards: 8, hostNames: communicator.hostNames),
                isShared: isShared)
            let ranks = WindowCommunicator.over(communicator, window.window)
            for length in [3, 257, 513] { measureRecords(length, ranks, name) }
            let barrier = median { ranks.barrier() }
            if communicator.rank == 0 { print("barrier by \(name) \(format(barrier))") }
        }
    }

    private func measureReduction(_ count: Int, isShared: Bool) {
        let assignment = ShardAssignment(shards: 8, hostNames: communicator.hostNames)
        let arena = ParameterArena<Float>()
        _ = arena.declare("weight", shape: [count], initializer: .constant(0), decays: true)
        let roots = assignment.roots(of: communicator.rank).count
        let memory = ParameterWindow<Float>(
            communicator, storageCount: arena.storageCount, assignment: assignment, isShared: isShared)
        arena.seal(rootCount: roots, values: memory.values, gradients: memory.ownGradients(roots: roots))
        let reduction = NodeReduction(
            communicator: WindowCommunicator.over(communicator, memory.window), memory: memory,
            blocks: ParameterBlocks(arena.parameters),
            assignment: assignment)
        let partition = assignment.partitions(rows: 256, rank: communicator.rank)[0]
        let gradient = AlignedBuffer<Float>(count: count)

        let reduce = median(rounds(count)) { _ = reduction.reduce(partition) }
        let publish = median(rounds(count)) { reduction.publish() }
        let together = median(rounds(count)) {
            _ = reduction.reduce(partition)
            reduction.publish()
        }
        var allreduce = 0.0
        if let world = communicator as? MPICommunicator {
            allreduce = median(rounds(count)) { world.libraryAllreduce(gradient.base, count: count) }
        }
        if communicator.rank == 0 {
            print(
                isShared ? "shared  " : "messages", pad(count), format(reduce), format(publish), format(together),
                "    ", format(allreduce), "  ",
                format(together / allreduce))
        }
    }

    private func measureRecords(_ length: Int, _ communicator: any Communicator, _ name: String) {
        let assignment = ShardAssignment(shards: 8, hostNames: communicator.hostNames)
        let partition = assignment.partitions(rows: 256, rank: communicator.rank)[0]
        let reduction = CommunicatorBatchReduction(communicator: communicator)
        reduction.begin(partition)
        let roots = AlignedBuffer<Double>(count: length * max(1, partition.layout.roots.count))
        roots.elements.update(repeating: 1)
        let result = AlignedBuffer<Double>(count: length)
        let time = median {
            reduction.reduce(
                UnsafePointer(roots.base), length: length, merge: .moments, layout: partition.layout,
                over: .pass, into: result.base)
        }
        if communicator.rank == 0 { print("batch record of \(length) doubles by \(name) \(format(time))") }
    }

    /// Fewer rounds for what takes long.
    private func rounds(_ count: Int) -> Int { max(20, min(iterations, iterations * 500_000 / count)) }

    /// Microseconds of one `body`: the slowest rank's, the median over rounds.
    private func median(_ rounds: Int? = nil, _ body: () -> Void) -> Double {
        let rounds = rounds ?? iterations
        for _ in 0..<10 { body() }
        var times: [UInt64] = []
        for _ in 0..<rounds {
            communicator.barrier()
            let start = ContinuousClock.now
            body()
            let elapsed = (ContinuousClock.now - start).components.attoseconds / 1_000_000_000
            times.append(communicator.allreduce(UInt64(elapsed), .maximum))
        }
        return Double(times.sorted()[rounds / 2]) / 1000
    }

    private func format(_ value: Double) -> String { pad(((value * 100).rounded() / 100).description) }

    private func pad<Value>(_ value: Value) -> String {
        let text = "\(value)"
        return String(repeating: " ", count: max(0, 11 - text.count)) + text
    }
}
