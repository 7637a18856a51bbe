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
        if let resumed = session.resumed {
            progress = try trainer.restore(resumed.checkpoint, path: resumed.path, datasetDigest: datasetDigest)
        } else {
            progress = RunProgress()
        }
        firstStep = progress.step
        lastCheckpointStep = progress.step
        histograms = HistogramRecorder(
            arena: trainer.network.arena, owned: trainer.reduction.ownedElements, communicator: communicator,
            bins: HistogramBins(subdivisions: configuration.histograms.subdivisions))
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
                folder: recorder.path, ranks: communicator.size, nodes: Set(communicator.hostNames).count,
                parameterCount: trainer.network.arena.parameterCount, firstStep: progress.step, totalSteps: totalSteps,
                stepsPerEpoch: trainer.sampler.stepsPerEpoch, epochs: configuration.epochs,
                globalBatchSize: configuration.globalBatchSize, trainingSamples: session.inputs.datasets.train.count,
                testSamples: session.inputs.datasets.test.count))
        warnOfIdleRanks()
    }

    private func warnOfIdleRanks() {
        let (size, shards, passes) = (communicator.size, configuration.shards, configuration.accumulationSteps)
        guard size > shards / passes else { return }
        let accumulated = passes > 1 ? ", taken \(shards / passes) at a time (accumulationSteps \(passes))" : ""
        let remedy = passes > 1 ? "lower accumulationSteps, " : ""
        observer.note(
            "warning: \(size - shards / passes) of \(size) ranks idle, since a batch has \(shards) shards\(accumulated); "
                + "\(remedy)set shards to at least \(size * passes) (another result) or start fewer")
    }

    /// Trains to the last step, or until a signal.
    func run() throws {
        do {
            try train()
        } catch {
            if ExitCode(for: error) != .stopped { recorder.fail("\(error)") }
            throw error
        }
    }

    private func train() throws {
        var stopSignal: Int32 = 0
        while progress.step < totalSteps {
            try step()
            stopSignal = signalOnAnyRank()
            if stopSignal != 0 { break }
        }
        let isStopped = progress.step < totalSteps
        if isStopped || lastCheckpointStep != progress.step || firstStep == progress.step {
            try checkpoint(isLast: true)
        }
        try finish(stoppedBy: isStopped ? stopSignal : nil)
    }

    private func step() throws {
        let begin = ContinuousClock.now
        let isHistogramDue = (progress.step + 1) % configuration.histograms.every == 0
        trace?.begin()
        let result = trainer.step(progress.step) { gradient in
            if isHistogramDue { histograms.beforeUpdate(gradient: gradient) }
            trace?.add(gradient: gradient)
        }
        session.request.flip?.apply(to: trainer.network.arena, rank: communicator.rank, steps: progress.step + 1)
        try endIfDrifted(trainer.driftCheck.finding)
        if result.isFinite {
            progress.skippedInARow = 0
        } else {
            guard try skips(result) else { return }
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
        if isCheckpointDue(isEpochEnd: isEpochEnd) { try checkpoint(isLast: progress.step == totalSteps) }
        try recorder.writeIfDue()
    }

    private func finishEpoch() {
        let test = trainer.evaluator.evaluate()
        progress.lastEvaluation = test
        let now = ContinuousClock.now
        let seconds = (now - epochClock) / .seconds(1)
        let result = EpochResult(
            epoch: progress.step / trainer.sampler.stepsPerEpoch, epochs: configuration.epochs,
            trainLoss: progress.epoch.loss, trainAccuracy: accuracy(progress.epoch.correct, of: progress.epoch.samples),
            testLoss: test.loss, testAccuracy: accuracy(test.correct, of: test.samples),
            samplesPerSecond: Double(epochSamples) / seconds, seconds: seconds)
        recorder.add(result)
        observer.didFinishEpoch(result)
        progress.epoch = EpochProgress()
        epochClock = now
        epochSamples = 0
    }

    /// NaN where the targets are no classes.
    private func accuracy(_ correct: Int, of samples: Int) -> Double {
        session.inputs.datasets.train.classCount > 0 ? Double(correct) / Double(samples) : .nan
    }

    private func isCheckpointDue(isEpochEnd: Bool) -> Bool {
        if progress.step == totalSteps { return true }
        if let every = configuration.checkpoints.every { return progress.step % every == 0 }
        return isEpochEnd && progress.step - lastCheckpointStep >= 100
    }

    /// Writes `run.h5` and then the checkpoint, so that the history is never behind. A state that holds something else than
    /// numbers is no checkpoint.
    private func checkpoint(isLast: Bool) throws {
        try session.inputs.agree(communicator)
        try endIfDrifted(trainer.driftCheck.verify(steps: progress.step))
        if let finding = trainer.firstNonFiniteState(step: progress.step) {
            try giveUp(finding)
            return
        }
        let checkpoint = trainer.checkpoint(progress, datasetDigest: datasetDigest)
        if let checkpoint { try recorder.write(checkpoint) }
        lastCheckpointStep = progress.step
    }

    private func finish(stoppedBy signal: Int32?) throws {
        let test = progress.lastEvaluation ?? trainer.evaluator.evaluate()
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        if let signal {
            try recorder.finish(.stopped, "received \(StopSignal.name(of: signal))")
        } else {
            try recorder.finish(.done, "")
        }
        observer.didEnd(
            RunSummary(
                folder: recorder.path, test: test, seconds: seconds, steps: progress.step, epochs: configuration.epochs,
                samplesPerSecond: Double(samples) / seconds, checkpoint: recorder.checkpointPath,
                digest: recorder.checkpointDigest, isStopped: signal != nil,
                hasClasses: session.inputs.datasets.train.classCount > 0))
        if signal != nil {
            throw JobFailure(
                code: .stopped, rank: 0,
                description:
                    "stopped at step \(progress.step) of \(totalSteps) by \(StopSignal.name(of: signal!)), checkpoint "
                    + "written; go on with --resume \(recorder.path)")
        }
    }

    /// Ends the run on every rank before anything of it is written.
    private func endIfDrifted(_ drift: Drift?) throws {
        guard let drift else { return }
        throw JobFailure(
            code: .disagreement, rank: drift.rank,
            description: "\(drift); nothing was written since; memory or network of \(drift.hostName) may be faulty: "
                + "test it, and go on elsewhere with --resume \(communicator.broadcast(recorder.path, from: 0))")
    }

    /// The signal that any rank received, the largest number of several; 0 for none.
    private func signalOnAnyRank() -> Int32 {
        Int32(communicator.allreduce(UInt64(StopSignal.received), .maximum))
    }
}
