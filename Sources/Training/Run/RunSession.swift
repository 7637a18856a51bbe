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

    /// How long the ranks of a job that was killed may take to end: Open MPI's notice within a second or two.
    private static let patience = Duration.seconds(5)

    /// Reads and checks everything.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` where one rank found something wrong.
    public init(_ request: RunRequest, communicator: any Communicator, observer: any RunObserver) throws {
        self.request = request
        self.communicator = communicator
        self.observer = observer
        // Before anything in it is read: another process might still write there.
        folder = try communicator.together { try Self.earlierRun(request, communicator: communicator) }
        let resumed = try ResumePoint.find(request, communicator: communicator, note: observer.note)
        self.resumed = resumed
        inputs = try RunInputs(
            configurationFile: request.configurationFile, overrides: request.overrides, resumed: resumed,
            communicator: communicator)
        try communicator.together { try Self.checkOut(request, resumed: resumed, communicator: communicator) }
        let (inputs, memory) = (inputs, MemoryLedger())
        self.memory = memory
        (trainer, dataMemory) = try memory.counting {
            (
                try Trainer(inputs.configuration, datasets: inputs.datasets, communicator: communicator),
                MemoryLedger.enter(bytes: inputs.datasetBytes, kind: .dataset)
            )
        }
        try communicator.together { [trainer] in
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

    /// The configuration after all defaults, the graph of the network and the memory that it takes: what `--dry-run` prints.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func plan() -> String {
        let memory = MemoryReport(memory, communicator: communicator)
        return """
            \(inputs.configuration.yaml)
            \(NetworkGraph(trainer.network, loss: inputs.configuration.loss).text)

            \(memory.table)

            \(trainer.sampler.stepsPerEpoch * inputs.configuration.epochs) steps on \(communicator.size) \(communicator.size == 1 ? "rank" : "ranks"), into \(resumed?.folder ?? request.out ?? RunFolder.defaultPath())
            """
    }

    private static func earlierRun(_ request: RunRequest, communicator: any Communicator) throws -> RunFolder? {
        guard communicator.rank == 0, !request.isDryRun, let path = request.earlierRun, RunFolder.holdsRun(path: path)
        else { return nil }
        return try RunFolder(path: path).locked(patience: patience)
    }

    /// Rank 0 sees early whether the folder holds a run that is not to go on; creating it makes sure.
    private static func checkOut(_ request: RunRequest, resumed: ResumePoint?, communicator: any Communicator) throws {
        guard communicator.rank == 0, resumed == nil, !request.isAuto, let out = request.out,
            RunFolder.holdsRun(path: out)
        else { return }
        throw StorageError(
            .cannotCreate,
            "creating run folder \(out): it holds a run already; go on with --resume, or name another with --out")
    }
}
