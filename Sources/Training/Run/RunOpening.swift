import Core
import Distributed
import Storage

/// A run before its ranks are there: what is asked for, where it goes on, its configuration. Processes read it, since it says
/// how many threads are of use to them.
public struct RunOpening: Sendable {
    public let request: RunRequest
    public let configuration: Configuration
    /// In the first process, the folder in which a run goes on, or starts anew since it never wrote a checkpoint; locked.
    private let folder: RunFolder?
    private let resumed: ResumePoint?

    /// How long the ranks of a job that was killed may take to end: Open MPI's notice within a second or two.
    private static let patience = Duration.seconds(5)

    /// Reads and checks what comes before data and network.
    ///
    /// - Parameters:
    ///   - processes: one rank a process.
    ///   - note: told what a reader of the log should know.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` where one found something wrong.
    public init(_ request: RunRequest, processes: any Communicator, note: (String) -> Void) throws {
        self.request = request
        // Before anything in it is read: another process might still write there.
        folder = try processes.together { try Self.earlierRun(request, isFirst: processes.rank == 0) }
        let resumed = try ResumePoint.find(request, communicator: processes, note: note)
        self.resumed = resumed
        configuration = try RunInputs.configuration(
            request.configurationFile, request.overrides, resumed, processes)
        try processes.together { try Self.checkOut(request, isNew: resumed == nil, isFirst: processes.rank == 0) }
    }

    /// The folder, if this is the rank that writes to it.
    func folder(rank: Int) -> RunFolder? { rank == 0 ? folder : nil }

    /// Where the run goes on, as rank `rank` sees it; nil when it starts.
    func resumed(rank: Int) -> ResumePoint? { rank == 0 ? resumed : resumed?.withoutValues }

    /// The threads of every process, if the user does not say how many: one for each CPU of its share, but no more ranks than a
    /// batch has shards.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func defaultThreads(_ processes: any Communicator) -> Int {
        let cores = Int(processes.allreduce(UInt64(processes.coresPerRank), .minimum))
        let shards = min(configuration.shards, configuration.globalBatchSize) / configuration.accumulationSteps
        return max(1, min(cores, shards / processes.size))
    }

    private static func earlierRun(_ request: RunRequest, isFirst: Bool) throws -> RunFolder? {
        guard isFirst, !request.isDryRun, let path = request.earlierRun, RunFolder.holdsRun(path: path) else {
            return nil
        }
        return try RunFolder(path: path).locked(patience: patience)
    }

    /// The first process sees early whether the folder holds a run that is not to go on; creating it makes sure.
    private static func checkOut(_ request: RunRequest, isNew: Bool, isFirst: Bool) throws {
        guard isFirst, isNew, !request.isAuto, let out = request.out, RunFolder.holdsRun(path: out) else { return }
        throw StorageError(
            .cannotCreate,
            "creating run folder \(out): it holds a run already; go on with --resume, or name another with --out")
    }
}
