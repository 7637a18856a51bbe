import Distributed
import Glibc

// What a step's communication costs, against MPI's own allreduce of as many numbers.
//
//     mpirun -np 2 .build/release/CommunicationBenchmarks [iterations]

do {
    let iterations = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 500
    CommunicationBenchmark(communicator: try MPIEnvironment.world(), iterations: iterations).run()
} catch {
    if error.rank == 0 { print("CommunicationBenchmarks: \(error)") }
    exit(70)
}
