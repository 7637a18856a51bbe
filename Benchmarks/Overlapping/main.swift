import Distributed
import Glibc

// What it gives that gradients cross the network while the backward pass goes on. On several hosts: Benchmarks/overlap starts it.
//
//     mpirun -np 2 --host A:1,B:1 .build/release/OverlapBenchmarks [ROUNDS]

let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
guard arguments.count <= 1, arguments.allSatisfy({ $0 ?? 0 > 0 }) else {
    print("usage: OverlapBenchmarks [ROUNDS]: a positive number, 5 unless given")
    exit(64)
}
do {
    try OverlapBenchmark(communicator: try MPIEnvironment.world(), rounds: arguments.first.flatMap { $0 } ?? 5).run()
} catch {
    print("OverlapBenchmarks: \(error)")
    exit(70)
}
