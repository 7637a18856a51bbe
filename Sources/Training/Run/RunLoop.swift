import Core
import Distributed
import Storage

/// The steps of a run, and what is written when.
final class RunLoop {
    let trainer: Trainer
    let configuration: Configuration
    let communicator: any Communicator
    let observer: any RunObserver
    let recorder: RunRecorder
    private let histograms: HistogramRecorder
    /// Nil where the run is not traced.
    private let trace: StepTrace?
    let datasetDigest: String
    private let session: RunSession

    /// Where rank 0 copies the state for a checkpoint.
    private let snapshot: StateSnapshot?

    var progress: RunProgress
    var lastCheckpointStep: Int
    private var epochClock = ContinuousClock.now
    private var epochSamples = 0
    private let started = ContinuousClock.now
    private let firstStep: Int
    private var samples = 0

    /// Takes over the state of a run that goes on, creates the folder of a new one.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    init(_ session: RunSession) throws {
        self.session = session
        trainer = session.trainer
        configuration = session.inputs.configuration
        communicator = session.communicator
        observer = session.observer
        datasetDigest = session.inputs.datasets.digest
        snapshot = trainer.makeSnapshot()
        if let resumed = session.resumed {
            progress = try trainer.restore(resumed.checkpoint, path: resumed.path, datasetDigest: datasetDigest)
        } else {
            progress = RunProgress()
        }
        firstStep = progress.step
        lastCheckpointStep = progress.step
        histograms = session.makeHistograms()
        let trace = configuration.trace ? StepTrace(trainer) : nil
        self.trace = trace
        trainer.network.observer = trace
        let resumedAt = session.resumed == nil ? nil : progress
        recorder = try session.communicator.together {
            try RunRecorder(session, resumedAt: resumedAt, traced: trace?.tensors)
        }
        announce()
    }

    private var totalSteps: Int { configuration.epochs * trainer.sampler.stepsPerEpoch }

    private func announce() {
        observer.didStart(
            RunStart(
                folder: recorder.path, ranks: communicator.size, processes: communicator.processCount,
                nodes: Set(communicator.hostNames).count, parameterCount: trainer.network.arena.parameterCount,
                firstStep: progress.step, totalSteps: totalSteps,
                stepsPerEpoch: trainer.sampler.stepsPerEpoch, epochs: configuration.epochs,
                globalBatchSize: configuration.globalBatchSize, trainingSamples: session.inputs.datasets.train.count,
                testSamples: session.inputs.datasets.test.count))
        warnOfIdleRanks()
        session.warnings.forEach(observer.note)
    }

    private func warnOfIdleRanks() {
        let (size, shards, passes) = (communicator.size, configuration.shards, configuration.accumulationSteps)
        let (idle, samples) = (trainer.idleRanks, trainer.sampler.batchRows(step: 0))
        guard idle > 0 else { return }
        var (reasons, remedies): ([String], [String]) = ([], [])
        if samples < shards {
            reasons.append("\(samples) samples")
            if samples == configuration.globalBatchSize {
                remedies.append("set globalBatchSize to at least \(max(shards, size * passes)) (another result)")
            }
        }
        if size > shards / passes {
            let taken = passes > 1 ? ", taken \(shards / passes) at a time (accumulationSteps \(passes))" : ""
            reasons.append("\(shards) shards\(taken)")
            if passes > 1 { remedies.append("lower accumulationSteps") }
            remedies.append("set shards to at least \(size * passes) (another result)")
        }
        observer.note(
            "warning: \(idle) of \(size) ranks idle, since a batch has \(reasons.joined(separator: " and ")); "
                + (remedies + ["start fewer ranks"]).joined(separator: ", or "))
    }

    /// Trains to the last step, or until a signal.
    func run() throws {
        do {
            try train()
        } catch {
            if ExitCode(for: error) != .stopped { recorder.fail(step: progress.step, "\(error)") }
            // All ranks are here: none ends the job before rank 0 has written what it was writing.
            if error is JobFailure { communicator.barrier() }
            throw error
        }
    }

    private func train() throws {
        // First weights, or what a checkpoint was scattered to.
        session.request.flip?.apply(to: trainer.network.arena, rank: communicator.rank, steps: progress.step)
        try endIfDrifted(trainer.driftCheck.verify(steps: progress.step))
        var stopSignal: Int32 = 0
        while progress.step < totalSteps {
            let flags = try step()
            if flags & Self.fileFailure != 0 { try communicator.together { try recorder.waitForFiles() } }
            stopSignal = Self.signal(in: flags)
            if stopSignal != 0 { break }
        }
        let isStopped = progress.step < totalSteps
        if lastCheckpointStep != progress.step || firstStep == progress.step { try checkpoint(isStop: isStopped) }
        try finish(stoppedBy: isStopped ? stopSignal : nil)
    }

    /// - Returns: the flags of all ranks.
    private func step() throws -> UInt64 {
        let begin = ContinuousClock.now
        let isHistogramDue = (progress.step + 1) % configuration.histograms.every == 0
        trace?.begin()
        let result = trainer.step(progress.step, flags: ownFlags) { gradient in
            if isHistogramDue { histograms.beforeUpdate(gradient: gradient) }
            trace?.add(gradient: gradient)
        }
        session.request.flip?.apply(to: trainer.network.arena, rank: communicator.rank, steps: progress.step + 1)
        try endIfDrifted(trainer.driftCheck.finding)
        if result.isFinite {
            progress.skippedInARow = 0
        } else {
            guard try skips(result) else { return result.flags }
        }
        progress.step += 1
        progress.epoch.add(result)
        samples += result.samples
        epochSamples += result.samples
        let rate = Double(result.samples) / ((ContinuousClock.now - begin) / .seconds(1))
        recorder.add(result, samplesPerSecond: rate, phases: trainer.clock.seconds)
        if isHistogramDue { recorder.add(histograms: histograms.afterUpdate(), step: progress.step) }
        if let trace { recorder.add(trace: trace.finish(result), step: progress.step) }
        observer.didStep(result, samplesPerSecond: rate)
        let isEpochEnd = progress.step % trainer.sampler.stepsPerEpoch == 0
        if isEpochEnd { finishEpoch() }
        if isCheckpointDue { try checkpoint() }
        recorder.writeIfDue()
        return result.flags
    }

    /// What every rank learns in the step: a bit for each signal that this one received, and the highest where its files could
    /// not be written.
    private var ownFlags: UInt64 {
        let signal = StopSignal.received
        return (signal == 0 ? 0 : 1 << UInt64(signal)) | (recorder.hasFailed ? Self.fileFailure : 0)
    }

    private static var fileFailure: UInt64 { 1 << 63 }

    /// The signal that any rank received, the largest number of several; 0 for none.
    private static func signal(in flags: UInt64) -> Int32 {
        let signals = flags & ~fileFailure
        return signals == 0 ? 0 : Int32(63 - signals.leadingZeroBitCount)
    }

    private func finishEpoch() {
        let test = trainer.evaluator.evaluate()
        progress.lastEvaluation = test
        let now = ContinuousClock.now
        let seconds = (now - epochClock) / .seconds(1)
        let result = EpochResult(
            epoch: progress.step / trainer.sampler.stepsPerEpoch, epochs: configuration.epochs,
            trainLoss: progress.epoch.loss, trainAccuracy: hasClasses ? progress.epoch.accuracy : .nan,
            testLoss: test.loss, testAccuracy: hasClasses ? test.accuracy : .nan,
            samplesPerSecond: Double(epochSamples) / seconds, seconds: seconds)
        recorder.add(result)
        observer.didFinishEpoch(result)
        progress.epoch = EpochProgress()
        epochClock = now
        epochSamples = 0
    }

    /// Whether the targets are classes, so that an accuracy means something.
    private var hasClasses: Bool { session.inputs.datasets.train.classCount > 0 }

    private var isCheckpointDue: Bool {
        progress.step == totalSteps
            || configuration.checkpoints.isDue(step: progress.step, stepsPerEpoch: trainer.sampler.stepsPerEpoch)
    }

    /// Writes `run.h5` and then the checkpoint, so that the history is never behind. A state that holds something else than
    /// numbers is no checkpoint.
    ///
    /// - Parameter isStop: whether the run stops here only for now: then what is to be done about such a state is left to the
    ///   run that goes on, which comes here again from the last checkpoint.
    private func checkpoint(isStop: Bool = false) throws {
        try endIfDrifted(trainer.driftCheck.verify(steps: progress.step))
        if let finding = trainer.firstNonFiniteState(step: progress.step) {
            if isStop {
                observer.note("no checkpoint of step \(progress.step) is written: \(finding.description)")
            } else {
                try giveUp(finding)
            }
            return
        }
        try write()
    }

    /// Copies the state, and has it written while training goes on; waits only for the checkpoint before, if that is still
    /// being written.
    func write() throws {
        let isInUse = snapshot?.isInUse ?? false
        if trainer.communicator.allreduce(isInUse ? 1 : 0, .maximum) != 0 {
            try communicator.together { try recorder.waitForFiles() }
        }
        trainer.copyState(progress, datasetDigest: datasetDigest, into: snapshot)
        if let snapshot { recorder.write(snapshot) }
        lastCheckpointStep = progress.step
    }

    private func finish(stoppedBy signal: Int32?) throws {
        let test = progress.lastEvaluation ?? trainer.evaluator.evaluate()
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        try communicator.together {
            if let signal {
                try recorder.finish(.stopped, step: progress.step, "received \(StopSignal.name(of: signal))")
            } else {
                try recorder.finish(.done, step: progress.step, "")
            }
        }
        let last = recorder.lastCheckpoint
        observer.didEnd(
            RunSummary(
                folder: recorder.path, test: test, seconds: seconds, steps: progress.step, epochs: configuration.epochs,
                samplesPerSecond: Double(samples) / seconds, checkpoint: last.path,
                digest: last.digest, isStopped: signal != nil,
                hasClasses: hasClasses))
        if let signal {
            let written = lastCheckpointStep == progress.step ? "written" : "of step \(lastCheckpointStep) is the last"
            throw JobFailure(
                code: .stopped, rank: 0,
                description: "stopped at step \(progress.step) of \(totalSteps) by \(StopSignal.name(of: signal)), "
                    + "checkpoint \(written); go on with --resume \(recorder.path)")
        }
    }

    /// Ends the run on every rank, before a checkpoint of it is written.
    func endIfDrifted(_ drift: Drift?) throws {
        guard let drift else { return }
        throw JobFailure(
            code: .disagreement, rank: drift.rank,
            description:
                "\(drift); no checkpoint was written since; memory or network of \(drift.suspects) may be faulty: "
                + "test it, and go on elsewhere with --resume \(communicator.broadcast(recorder.path, from: 0))")
    }
}
