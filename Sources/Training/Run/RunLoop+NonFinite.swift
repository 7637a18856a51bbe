import Distributed
import Storage

/// What the run does about a step or a state that is no number. Step results and findings are the same on all ranks, so all
/// come here in the same step and decide the same.
extension RunLoop {
    /// Leaves the step out, ends the run, or goes back, as the configuration says.
    ///
    /// Memory that changed can look like divergence, and every answer to that would keep it: so the ranks are compared first,
    /// while the parameters are still those that the step began with.
    ///
    /// - Parameter result: of a step whose loss, gradient or running statistics are no numbers.
    /// - Returns: whether the step counts as skipped; false where the run went back.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` on all ranks where the run ends.
    func skips(_ result: StepResult) throws -> Bool {
        try endIfDrifted(trainer.driftCheck.verify(steps: result.step))
        let step = result.step + 1
        let report = trainer.firstNonFinite(inStep: result.step)
        let number =
            if !result.loss.isFinite {
                "the loss is \(result.loss)"
            } else if !result.gradientNorm.isFinite {
                "the gradient's norm is \(result.gradientNorm)"
            } else {
                "a running statistic is no number"
            }
        let source =
            report?.description
            ?? "computed again it is a number, so memory or a processor is at fault, not the training"
        let what = "step \(step): \(number); \(source)"
        let place = report?.place(hostNames: communicator.hostNames) ?? ""
        switch configuration.nonFinite {
        case .stop:
            throw try failure(what, place)
        case .rollback:
            try rollBack(what, place)
            return false
        case .skip(let consecutive):
            progress.skippedInARow += 1
            guard progress.skippedInARow < consecutive else {
                throw try failure(what, place, "; \(consecutive) such steps in a row")
            }
            recorder.add(.init(step: step, kind: RunHistory.Event.skip, detail: "\(number); \(source)"))
            observer.note("skipped \(what)\(place)")
            return true
        }
    }

    /// Goes back, or ends the run: a state that is no number has nothing to be skipped.
    ///
    /// - Parameter finding: in the state after the last step.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` on all ranks where the run ends.
    func giveUp(_ finding: NonFiniteReport) throws {
        let what = "no checkpoint of step \(progress.step) can be written: \(finding.description)"
        let place = finding.place(hostNames: communicator.hostNames)
        guard case .rollback = configuration.nonFinite else { throw try failure(what, place) }
        try rollBack(what, place)
    }

    /// Goes back to the last good checkpoint that was due, or to the start, and on with a smaller learning rate. A checkpoint
    /// that a stop made in between is not gone back to: stops change nothing.
    ///
    /// The history is cut and written first, then the checkpoint with the smaller rate in the place of the old one: killed
    /// in between, the run comes here once more.
    private func rollBack(_ what: String, _ place: String) throws {
        guard case .rollback(let factor, let maximum) = configuration.nonFinite else {
            preconditionFailure("the configuration asks for no rollback")
        }
        let rollbacks = progress.rollbacks + 1
        guard rollbacks <= maximum else {
            throw try failure(what, place, "; the run went back \(maximum == 1 ? "once" : "\(maximum) times") already")
        }
        let scale = trainer.learningRateScale * factor
        let last = try communicator.together { try recorder.lastDueCheckpoint(note: observer.note) }
        if communicator.broadcast(last != nil, from: 0) {
            progress = try trainer.restore(
                last?.checkpoint, path: last?.path ?? "", datasetDigest: datasetDigest)
        } else {
            trainer.restoreStart()
            progress = RunProgress()
        }
        trainer.learningRateScale = scale
        progress.rollbacks = rollbacks
        let detail = "\(what); learning rate times \(scale) from here on"
        try communicator.together {
            try recorder.rollBack(.init(step: progress.step, kind: RunHistory.Event.rollback, detail: detail))
        }
        observer.note("back to step \(progress.step) since \(what)\(place); learning rate times \(scale) from here on")
        try endIfDrifted(trainer.driftCheck.verify(steps: progress.step))
        try write()
        // Rare, and what it replaced is what the run would go back to: not before it is on the disk.
        try communicator.together { try recorder.waitForFiles() }
    }

    /// Ends the run on every rank; the files say what the number of ranks does not change, the error also where it was.
    private func failure(_ what: String, _ place: String, _ limit: String = "") throws -> any Error {
        let isKept = lastCheckpointStep > 0 || progress.rollbacks > 0
        let kept = isKept ? "the checkpoint of step \(lastCheckpointStep) is kept" : "no checkpoint was written yet"
        let rate = trainer.learningRate(at: progress.step)
        let end =
            "\(limit); \(kept); a smaller learning rate (now \(rate)), gradientClipping or another nonFinite may help a new run"
        try communicator.together { try recorder.finish(.failed, step: progress.step, what + end) }
        return JobFailure(code: .failed, rank: 0, description: what + place + end)
    }
}
