// Measures the kernels on one core against the core's own peak and against OpenBLAS:
//
//   swift run -c release -Xcc -march=native KernelBenchmarks [--json] [--repeats N]

import CBLAS
import Glibc

func usage(_ problem: String) -> Never {
    print("KernelBenchmarks: \(problem)\nusage: KernelBenchmarks [--json] [--repeats N]")
    exit(64)
}

var repeats = 101
var isJSON = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--json":
        isJSON = true
    case "--repeats":
        guard let count = arguments.popFirst().flatMap(Int.init), count > 0 else {
            usage("--repeats needs a positive number")
        }
        repeats = count
    default:
        usage("unknown argument '\(argument)'")
    }
}

openblas_set_num_threads(1)
let rounds = repeats
let report = BenchmarkReport(
    repeats: rounds, products: ProductCase.all.flatMap { $0.measure(repeats: rounds) },
    functions: FunctionCase.all.map { $0.measure(repeats: rounds) })
print(isJSON ? report.json : report.table)
