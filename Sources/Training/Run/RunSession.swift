import Core
import Distributed
import Storage

/// A run on one rank, from the command line's words to the first step: what is asked for is read and checked here, on all
/// ranks together, before anything is created.
public final class RunSession {
    public let inputs: RunInputs
    public let trainer: Trainer
    let communicator: any Communicator
    /// What data and trainer take.
    private let memory: MemoryLedger
    private let dataMemory: MemoryLedger.Entry?
    let observer: any RunObserver
    let request: RunRequest
    /// On rank 0, the folder in which a run goes on, or starts anew since it never wrote a checkpoint; locked. Nil where a new
    /// folder is to be made.
    let folder: RunFolder?
    /// Where the run goes on; nil when it starts.
    let resumed: ResumePoint?
    /// What somebody should know of how the ranks lie on the machine.
    let warnings: [String]

    /// Reads and checks everything.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` where one rank found something wrong.
    public convenience init(_ request: RunRequest, communicator: any Communicator, observer: any RunObserver) throws {
        let opening = try RunOpening(request, processes: communicator, note: observer.note)
        try self.init(opening, communicator: communicator, observer: observer)
    }

    /// Reads the data and makes the trainer of a run that was opened.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` where one rank found something wrong.
    public init(_ opening: RunOpening, communicator: any Communicator, observer: any RunObserver) throws {
        request = opening.request
        self.communicator = communicator
        self.observer = observer
        folder = opening.folder(rank: communicator.rank)
        resumed = opening.resumed(rank: communicator.rank)
        inputs = try RunInputs(opening.configuration, communicator: communicator)
        let (inputs, memory) = (inputs, MemoryLedger())
        self.memory = memory
        (trainer, dataMemory) = try memory.counting {
            (
                try Trainer(inputs.configuration, datasets: inputs.datasets, communicator: communicator),
                MemoryLedger.enter(bytes: inputs.datasetBytes, kind: .dataset)
            )
        }
        warnings = RankWarnings.lines(
            communicator, memory: trainer.memory.failure, samples: inputs.sharingFailure)
        try communicator.together { [request, trainer] in
            try request.flip?.check(trainer.network.arena, ranks: communicator.size)
        }
    }

    /// Trains to the end, or until a signal.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func run() throws {
        StopSignal.install()
        try RunLoop(self).run()
    }

    /// What counts histograms while training goes on.
    func makeHistograms() -> HistogramRecorder {
        HistogramRecorder(
            arena: trainer.network.arena, owned: trainer.reduction.owned, communicator: communicator,
            bins: HistogramBins(subdivisions: inputs.configuration.histograms.subdivisions))
    }

    /// The configuration after all defaults, the graph of the network and the memory that it takes: what `--dry-run` prints. Notes
    /// what a run would warn of.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func plan() -> String {
        warnings.forEach(observer.note)
        let files = memory.counting { MemoryLedger.allocating(.files) { (trainer.makeSnapshot(), makeHistograms()) } }
        let report = withExtendedLifetime(files) { MemoryReport(memory, communicator: communicator) }
        return """
            \(inputs.configuration.yaml)
            \(NetworkGraph(trainer.network, loss: inputs.configuration.loss).text)

            \(report.table)

            \(trainer.sampler.stepsPerEpoch * inputs.configuration.epochs) steps on \(communicator.size) \(communicator.size == 1 ? "rank" : "ranks"), into \(resumed?.folder ?? request.out ?? RunFolder.defaultPath())
            """
    }
}
