import Distributed
import Storage

/// The checkpoint that a run goes on from. Every rank knows the texts; rank 0 alone has read the values.
struct ResumePoint: Sendable {
    let folder: String
    /// The run's `config.yaml`, cadence included.
    let configuration: String
    /// The configuration that the checkpoint was written under.
    let checkpointConfiguration: String
    /// On rank 0.
    let checkpoint: Checkpoint?
    /// The checkpoint's path, for messages.
    let path: String

    /// Finds the last good checkpoint of the run that `request` names.
    ///
    /// - Returns: nil where a run is to start.
    /// - Important: Collective; every rank calls it in the same order.
    static func find(
        _ request: RunRequest, communicator: any Communicator, note: (String) -> Void
    ) throws -> ResumePoint? {
        guard let folder = request.earlierRun else { return nil }
        var checkpoint: Checkpoint?
        // Three texts: the checkpoint's path and both configurations; none where a run is to start.
        let found = try communicator.fromRankZero {
            let isAuto = request.isAuto
            if isAuto, !RunFolder.holdsRun(path: folder) { return [] }
            // Killed at its very start, a run has not even a configuration.
            let run = isAuto ? RunFolder(path: folder) : try RunFolder.open(path: folder)
            let latest = try run.checkpoints.latestValid { note("passing over a damaged checkpoint: \($0)") }
            guard let latest else {
                if isAuto { return [] }
                throw RunFailure(
                    .noInput, "cannot resume \(folder): it has no checkpoint yet; start it anew in another folder")
            }
            checkpoint = latest.checkpoint
            return Array([latest.entry.path, try run.config(), latest.checkpoint.config].joined(separator: "\0").utf8)
        }
        guard !found.isEmpty else { return nil }
        let texts = found.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        return ResumePoint(
            folder: folder, configuration: texts[1], checkpointConfiguration: texts[2], checkpoint: checkpoint,
            path: texts[0])
    }

    /// As the ranks see it that have not read the values.
    var withoutValues: ResumePoint {
        ResumePoint(
            folder: folder, configuration: configuration, checkpointConfiguration: checkpointConfiguration,
            checkpoint: nil, path: path)
    }
}
