import CMPI
import Core
import Distributed
import Glibc

// What a step's communication costs, against MPI's own allreduce of as many numbers.
//
//     mpirun -np 2 .build/release/CommunicationBenchmarks [iterations]

let communicator = try MPIEnvironment.world()
let iterations = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 500
let benchmark = CommunicationBenchmark(communicator: communicator, iterations: iterations)
benchmark.run()
