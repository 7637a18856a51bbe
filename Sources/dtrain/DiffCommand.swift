import ArgumentParser
import Training

/// `dtrain diff`: says where two runs, or two checkpoints, part.
struct DiffCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two runs or two checkpoints byte by byte; say at which step, layer and tensor they part.",
        discussion: "Exit codes: 0 equal, but for /launches and /timing of run.h5; 1 different.")

    @Argument(help: ArgumentHelp("A run's folder, its run.h5, or a checkpoint.", valueName: "A"))
    var first: String

    @Argument(help: ArgumentHelp("What it is compared with: the same sort.", valueName: "B"))
    var second: String

    func run(in job: Job) throws {
        let isEqual = try RunComparison.compare(first, second, communicator: job.communicator) { print($0) }
        if !isEqual { throw JobFailure.different }
    }
}
