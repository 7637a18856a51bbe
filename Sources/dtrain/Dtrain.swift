import ArgumentParser
import Distributed
import Training

/// The command line.
@main
struct Dtrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dtrain",
        abstract: "Trains a neural network over MPI; the number of ranks changes the speed and nothing else.",
        discussion: """
            mpirun -np 4 dtrain          trains the default network on the bundled digits
            dtrain debug                 checks every gradient, in one process
            dtrain inspect --graph       shows the network: layers, shapes, parameters, gradients
            dtrain generate RUN          goes on with a text, as a network says that was trained on one
            dtrain bench                 measures the machine, and what the configuration makes of it
            dtrain diff A B              says where two runs part

            Exit codes: 0 done, 1 different (diff), 64 usage or configuration, 65 bad data, 66 no such input, 70 failed check or NaN, \
            73 cannot create output, 74 I/O, 75 stopped by a signal with a checkpoint written, 76 ranks disagree.
            """,
        version: dtrainVersion,
        subcommands: [
            TrainCommand.self, DebugCommand.self, InspectCommand.self, GenerateCommand.self, BenchCommand.self,
            DiffCommand.self,
        ],
        defaultSubcommand: TrainCommand.self)

    static func main() {
        let job = Job.start()
        job.end(job.code { try job.run(CommandLine.arguments.dropFirst()) })
    }
}

/// A command that runs on all ranks of a job.
protocol JobCommand: ParsableCommand {
    func run(in job: Job) throws
}
