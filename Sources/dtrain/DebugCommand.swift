import ArgumentParser
import Training

/// `dtrain debug`: checks every gradient and guards every value, in one process.
struct DebugCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug",
        abstract: "Check every gradient, guard every value, compare virtual ranks, dump a step; one process, no mpirun."
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(
        help: ArgumentHelp("Train on N virtual ranks (threads) and compare the bits with one rank's.", valueName: "N"))
    var ranks: Int?

    @Option(
        help: ArgumentHelp(
            "Training steps that are guarded and compared (default: one epoch, at most 50).", valueName: "N"))
    var steps: Int?

    @Option(help: ArgumentHelp("Write every activation and gradient of one step to FILE.", valueName: "FILE.h5"))
    var dump: String?

    @Option(help: ArgumentHelp("The step that --dump writes, from 1 (default 1).", valueName: "K"))
    var step: Int?

    @Flag(help: "Check the gradients of every kind of layer and loss in every size class, and nothing else.")
    var allLayers = false

    func validate() throws {
        if allLayers { try validateAllLayers() }
        if let ranks, ranks < 1 { throw ValidationError("--ranks \(ranks): at least 1") }
        if let steps, steps < 1 { throw ValidationError("--steps \(steps): at least 1") }
        if step != nil, dump == nil {
            throw ValidationError("--step says which step --dump FILE.h5 writes; give --dump too")
        }
        if let step, step < 1 { throw ValidationError("--step \(step): steps count from 1") }
    }

    /// It is no check of a configuration, and what says how one is checked would be ignored.
    private func validateAllLayers() throws {
        let others = [
            ("--ranks", ranks != nil), ("--steps", steps != nil), ("--dump", dump != nil), ("--step", step != nil),
            ("--config", options.config != nil),
        ]
        if let (flag, _) = others.first(where: { $0.1 }) {
            throw ValidationError(
                "--all-layers checks every kind of layer and trains nothing: leave \(flag) out, or --all-layers")
        }
        guard options.overrides.isEmpty else {
            throw ValidationError(
                "--all-layers checks every kind of layer, not a configuration: leave the flags that set its keys out")
        }
    }

    func run(in job: Job) throws {
        func write(_ text: String) {
            if job.communicator.rank == 0 { print(text) }
        }
        if allLayers {
            return try DebugSession.checkAllLayers(communicator: job.communicator, print: write)
        }
        let request = DebugRequest(
            configurationFile: options.config, overrides: options.overrides, virtualRanks: ranks, steps: steps,
            dump: dump.map { DebugRequest.Dump(path: $0, step: step ?? 1) })
        try DebugSession(request, communicator: job.communicator, print: write).run()
    }
}
