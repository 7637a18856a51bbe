import Storage

/// The files of a run on rank 0: history, checkpoints, status. Whoever writes uses it alone.
struct RunFiles {
    let folder: RunFolder
    var history: RunHistory
    /// The last checkpoint written.
    private(set) var checkpointPath: String?
    private(set) var checkpointDigest = ""

    /// Of checkpoints at the ends of epochs that the history lacks, by step.
    private let earlierTestLosses: [Int: Double]
    private let cadence: Configuration.CheckpointCadence
    private let stepsPerEpoch: Int

    init(
        folder: RunFolder, history: RunHistory, earlierTestLosses: [Int: Double],
        cadence: Configuration.CheckpointCadence, stepsPerEpoch: Int
    ) {
        self.folder = folder
        self.history = history
        self.earlierTestLosses = earlierTestLosses
        self.cadence = cadence
        self.stepsPerEpoch = stepsPerEpoch
    }

    /// Replaces `run.h5`.
    func writeHistory() throws {
        try RunFile.write(history, to: folder.runFile)
    }

    /// Writes `run.h5`, then the checkpoint, so that the history is never behind, and removes those that are no longer kept.
    mutating func write(_ checkpoint: Checkpoint) throws {
        try writeHistory()
        checkpointPath = try checkpoint.write(folder: folder.checkpoints.path)
        checkpointDigest = checkpoint.digest
        try folder.checkpoints.prune(
            upTo: checkpoint.step, keepLast: cadence.keepLast, keepBest: cadence.keepBest, isDue: isDue
        ) { step in
            testLoss(ofCheckpoint: step).map { -$0 }
        }
        try folder.write(RunStatus(.running, step: checkpoint.step))
    }

    /// Writes `run.h5`, then how the run ended.
    func finish(_ status: RunStatus) throws {
        try writeHistory()
        try folder.write(status)
    }

    /// The last good checkpoint that was due, and its path; nil if none was written yet.
    func lastDueCheckpoint(note: (String) -> Void) throws -> (checkpoint: Checkpoint, path: String)? {
        let latest = try folder.checkpoints.latestValid(where: isDue) {
            note("passing over a damaged checkpoint: \($0)")
        }
        return latest.map { ($0.checkpoint, $0.entry.path) }
    }

    /// Forgets what came after a step: the history must not be behind any checkpoint.
    mutating func rollBack(to step: Int) throws {
        try folder.checkpoints.remove(after: step)
        history.truncate(afterStep: step, completedEpochs: step / stepsPerEpoch)
    }

    private func isDue(step: Int) -> Bool { cadence.isDue(step: step, stepsPerEpoch: stepsPerEpoch) }

    /// The test loss of the epoch that a checkpoint ends; nil if it ends none.
    private func testLoss(ofCheckpoint step: Int) -> Double? {
        history.epochs.first { $0.epoch * stepsPerEpoch == step }?.testLoss ?? earlierTestLosses[step]
    }
}
