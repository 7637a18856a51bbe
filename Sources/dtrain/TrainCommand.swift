import ArgumentParser
import Distributed
import Training

/// `dtrain [train]`: trains a network.
struct TrainCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a network (the default command).")

    @OptionGroup var options: ConfigurationOptions

    @Option(
        help: ArgumentHelp(
            "Steps between checkpoints (default: an epoch's end 100 or more steps after the last).", valueName: "N"))
    var checkpointEvery: String?

    @Option(help: ArgumentHelp("Steps between histograms.", valueName: "N"))
    var histogramEvery: String?

    @Option(help: ArgumentHelp("Folder of the run (default: runs/DATE-TIME).", valueName: "DIR"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Go on from the last checkpoint of run DIR; auto: of the run in --out, or start it if there is none yet.",
            valueName: "DIR|auto"))
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "Ranks of each process, as threads (default: its share of the CPUs that it may use, at most a rank a shard).",
            valueName: "N"))
    var threads: Int?

    @Flag(help: "Record a hash of every tensor of every step, so that dtrain diff finds where two runs part.")
    var trace = false

    @Flag(name: .shortAndLong, help: "Print the summary only.")
    var quiet = false

    @Option(help: ArgumentHelp("text, or json: one object a line.", valueName: "FORMAT"))
    var logFormat: LogFormat = .text

    @Flag(
        help: "Print the configuration after all defaults, the layers and their memory, check data and output, stop.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Flip one bit of a parameter or buffer after a step, to see it found.",
            valueName: "RANK:STEP:TENSOR:BIT", visibility: .hidden))
    var flipBit: BitFlip?

    static let threadCounts = 1...1024

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    func validate() throws {
        if let threads, !Self.threadCounts.contains(threads) {
            throw ValidationError("--threads \(threads): from 1 to 1024 threads a process")
        }
        if resume == "auto", out == nil {
            throw ValidationError("--resume auto needs --out DIR, the run that it may find")
        }
        if let resume, resume != "auto", let out, out != resume {
            throw ValidationError("--resume \(resume) goes on in that folder; leave out --out \(out)")
        }
    }

    func run(in job: Job) throws {
        let request = RunRequest(
            configurationFile: options.config,
            overrides: options.overrides
                + ConfigurationOverride.keys([
                    ("checkpoints.every", checkpointEvery), ("histograms.every", histogramEvery),
                    ("trace", trace ? "true" : nil),
                ]), out: out,
            resume: resume.map { $0 == "auto" ? .auto : .folder($0) }, flip: flipBit, isDryRun: dryRun,
            command: CommandLine.arguments)
        let opening = try RunOpening(
            request, processes: job.communicator, note: display(rank: job.communicator.rank).note)
        try job.run(threads: threads ?? opening.defaultThreads(job.communicator)) { job in
            let rank = job.communicator.rank
            let session = try RunSession(opening, communicator: job.communicator, observer: display(rank: rank))
            if dryRun {
                let plan = session.plan()
                if rank == 0 { print(plan) }
                return
            }
            try session.run()
        }
    }

    /// Where a rank's progress is shown: rank 0's alone.
    private func display(rank: Int) -> any RunObserver {
        guard rank == 0 else { return SilentDisplay() }
        return switch logFormat {
        case .json: JSONDisplay()
        case .text: TextDisplay(isQuiet: quiet)
        }
    }
}

extension BitFlip: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
