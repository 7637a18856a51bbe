import Storage

extension RunRecorder {
    /// The history of a run that goes on, up to the checkpoint, from its `run.h5`.
    ///
    /// The result does not depend on it. So where the file is missing, damaged, or does not reach the checkpoint, it is set
    /// aside, and the run goes on without.
    ///
    /// - Parameters:
    ///   - progress: the checkpoint's place; rows after its step are dropped, they will be made again.
    ///   - parameters: the names of the network's parameters.
    ///   - note: told what was lost.
    /// - Returns: nil where a new history is to begin.
    static func earlierHistory(
        in folder: RunFolder, upTo progress: RunProgress, stepsPerEpoch: Int, parameters: [String],
        note: (String) -> Void
    ) throws -> RunHistory? {
        let flaw: String
        switch Result(catching: { () throws(StorageError) in try RunFile.read(folder.runFile) }) {
        case .success(var history):
            history.truncate(
                afterStep: progress.step, completedEpochs: progress.step / stepsPerEpoch,
                rollbacks: progress.rollbacks)
            let last = history.steps.last?.step ?? 0
            guard history.histograms.parameters != parameters || last != progress.step else { return history }
            flaw =
                "run file \(folder.runFile) "
                + (last == progress.step ? "is another network's" : "ends at step \(last), before the checkpoint")
        case .failure(let error):
            guard error.kind != .inputOutput else { throw error }
            flaw = error.message
        }
        let kept = try folder.setAsideRunFile()
        note(
            "\(flaw)\(kept.map { "; it is kept as \($0)" } ?? ""); the history of steps 1 to \(progress.step) is lost, the "
                + "result is not")
        return nil
    }

    /// The test losses of the checkpoints at the ends of epochs of which `history` has no row, by step: what tells the best
    /// ones, which are to be kept.
    static func testLosses(
        in folder: RunFolder, upTo step: Int, stepsPerEpoch: Int, lackingIn history: RunHistory
    ) throws -> [Int: Double] {
        var losses: [Int: Double] = [:]
        let known = Set(history.epochs.map { $0.epoch * stepsPerEpoch })
        for entry in try folder.checkpoints.entries()
        where entry.step <= step && entry.step % stepsPerEpoch == 0 && !known.contains(entry.step) {
            // A damaged one is none of the best.
            losses[entry.step] = try? Checkpoint.read(entry.path).double("test_loss")
        }
        return losses
    }
}
