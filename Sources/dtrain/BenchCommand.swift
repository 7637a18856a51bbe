import ArgumentParser
import Training

/// `dtrain bench`: measures the machine and what the configuration makes of it.
struct BenchCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure machine, products, kernels, reduction, steps and memory of a configuration; trains nothing.",
        discussion: """
            dtrain bench                               one rank; the reduction is left out
            mpirun -np 2 dtrain bench --json           everything on two ranks, as one JSON document
            mpirun -np 2 dtrain bench --only step      a part of it

            Tables on standard output, progress on standard error; nothing is written to files. Documentation/bench.md says what \
            each figure is.
            """)

    @Option(
        help: ArgumentHelp(
            "Measure only these: machine, products, kernels, reduction, step, backends, memory (default: all).",
            valueName: "PART,…"))
    var only: String?

    @Option(help: ArgumentHelp("Steps that are timed (default 30).", valueName: "N"))
    var steps: Int?

    @Option(help: ArgumentHelp("Steps before them, not timed (default 5).", valueName: "N"))
    var warmUp: Int?

    @Option(help: ArgumentHelp("The largest gradient that is reduced (default 268435456).", valueName: "BYTES"))
    var maximumBytes: Int?

    @Option(help: ArgumentHelp("Ranks of each process, as threads (default 1).", valueName: "N"))
    var threads: Int?

    @Flag(help: "Print one JSON document in place of tables.")
    var json = false

    @OptionGroup var options: ConfigurationOptions

    private func parts() throws -> Set<BenchRequest.Part> {
        try only.map(BenchRequest.parts) ?? Set(BenchRequest.Part.allCases)
    }

    func validate() throws {
        let parts: Set<BenchRequest.Part>
        do {
            parts = try self.parts()
        } catch {
            throw ValidationError("\(error)")
        }
        if let threads, !TrainCommand.threadCounts.contains(threads) {
            throw ValidationError("--threads \(threads): from 1 to 1024 threads a process")
        }
        if let steps, steps < 1 { throw ValidationError("--steps \(steps): at least 1") }
        if let warmUp, warmUp < 0 { throw ValidationError("--warm-up \(warmUp): at least 0") }
        if let maximumBytes, maximumBytes < 1024 {
            throw ValidationError("--maximum-bytes \(maximumBytes): at least 1024")
        }
        for (flag, value) in [("--steps", steps), ("--warm-up", warmUp)]
        where value != nil && parts.isDisjoint(with: [.step, .kernels, .backends]) {
            throw ValidationError(
                "\(flag) is of the parts step, kernels and backends; add one to --only, or leave it out")
        }
        if maximumBytes != nil, !parts.contains(.reduction) {
            throw ValidationError("--maximum-bytes is of the part reduction; add it to --only, or leave it out")
        }
    }

    func run(in job: Job) throws {
        let request = BenchRequest(
            configurationFile: options.config, overrides: options.overrides, parts: try parts(), steps: steps ?? 30,
            warmUp: warmUp ?? 5, maximumBytes: maximumBytes ?? 256 << 20)
        try job.run(threads: threads ?? 1) { job in
            let isFirst = job.communicator.rank == 0
            let bench = try Bench(request, communicator: job.communicator) { text in
                if isFirst { StandardError.write(text + "\n") }
            }
            let report = try bench.run()
            if isFirst { print(json ? report.json : report.table) }
        }
    }
}
