import Distributed
import Glibc

// What the same bits at any number of ranks cost: a step of the default network with the default setting (8 shards, one tree,
// each rank updates its slice) against one shard a rank and a floating-point MPI_Allreduce, in turn in one run.
//
//     mpirun -np 2 .build/release/ReproducibilityBenchmarks [ROUNDS [STEPS]]

let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
guard arguments.count <= 2, arguments.allSatisfy({ $0 ?? 0 > 0 }) else {
    print("usage: ReproducibilityBenchmarks [ROUNDS [STEPS]]: two positive numbers, 31 and 10 unless given")
    exit(64)
}
do {
    let benchmark = ReproducibilityBenchmark(
        communicator: try MPIEnvironment.world(), rounds: arguments.first.flatMap { $0 } ?? 31,
        steps: arguments.dropFirst().first.flatMap { $0 } ?? 10)
    try benchmark.run()
} catch {
    print("ReproducibilityBenchmarks: \(error)")
    exit(70)
}
