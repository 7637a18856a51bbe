// Measures the kernels on one core against the core's own peak and against OpenBLAS:
//
//   swift run -c release -Xcc -march=native KernelBenchmarks [--json] [--repeats N] [--only TEXT]

import CBLAS
import Glibc

func usage(_ problem: String) -> Never {
    print("KernelBenchmarks: \(problem)\nusage: KernelBenchmarks [--json] [--repeats N] [--only TEXT]")
    exit(64)
}

var repeats = 101
var isJSON = false
var only = ""
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
    case "--only":
        guard let text = arguments.popFirst() else { usage("--only needs a part of a name") }
        only = text
    default:
        usage("unknown argument '\(argument)'")
    }
}

openblas_set_num_threads(1)
let (rounds, part) = (repeats, only)
let report = BenchmarkReport(
    repeats: rounds,
    products: ProductCase.all.filter { part.isEmpty || $0.name.contains(part) }.flatMap { $0.measure(repeats: rounds) },
    functions: FunctionCase.all.filter { part.isEmpty || $0.name.contains(part) }.map { $0.measure(repeats: rounds) },
    layers: LayerCase.all.filter { part.isEmpty || $0.title.contains(part) }.map { $0.measure(repeats: rounds) })
print(isJSON ? report.json : report.table)
