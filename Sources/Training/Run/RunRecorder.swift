import Core
import Distributed
import Foundation
import Storage

/// Rank 0's files of a run: history, checkpoints, status. On the other ranks it does nothing.
final class RunRecorder {
    /// The run's folder.
    let path: String
    /// The last checkpoint written.
    private(set) var checkpointPath: String?
    private(set) var checkpointDigest = ""
    /// Whether `status` says how the run ended.
    private var hasFinished = false

    /// Nil on every rank but 0.
    private var files: Files?

    private let stepsPerEpoch: Int

    private struct Files {
        let folder: RunFolder
        var history: RunHistory
        /// Of checkpoints at the ends of epochs that the history lacks, by step.
        let earlierTestLosses: [Int: Double]
        let cadence: Configuration.CheckpointCadence
        /// When `run.h5` was written last, and how long that took.
        var lastWrite = ContinuousClock.now
        var lastWriteTook = Duration.zero
    }

    /// Creates the folder, or reads the history of the run that goes on.
    ///
    /// - Parameters:
    ///   - resumedAt: the checkpoint's place; rows after its step are dropped, they will be made again.
    ///   - traced: what is hashed in every step; nil where the run is not traced.
    init(_ session: RunSession, resumedAt: RunProgress?, traced: [String]?) throws {
        stepsPerEpoch = session.trainer.sampler.stepsPerEpoch
        let communicator = session.communicator
        guard communicator.rank == 0 else {
            path = ""
            return
        }
        let configuration = session.inputs.configuration
        let folder: RunFolder
        var history: RunHistory
        var testLosses: [Int: Double] = [:]
        if let resumedAt, let resumed = session.resumed {
            folder = try session.folder ?? RunFolder(path: resumed.folder).locked()
            let earlier = try Self.earlierHistory(
                in: folder, upTo: resumedAt, stepsPerEpoch: stepsPerEpoch,
                parameters: session.trainer.network.arena.parameters.map(\.name), note: session.observer.note)
            if let earlier { try configuration.checkHistograms(of: earlier, folder: folder.path) }
            history = earlier ?? Self.history(session)
            // It may ask for other epochs than before.
            history.config = configuration.resultYAML
            testLosses = try Self.testLosses(
                in: folder, upTo: resumedAt.step, stepsPerEpoch: stepsPerEpoch, lackingIn: history)
            try folder.write(config: configuration.yaml)
        } else {
            folder = try Self.folder(session)
            history = Self.history(session)
        }
        path = folder.path
        // Of a run that was traced before, the rows stay, unless another version of dtrain hashed other tensors.
        if let traced, history.trace?.tensors != traced { history.trace = TraceTable(tensors: traced) }
        let steps = configuration.epochs * stepsPerEpoch
        // Room for a million steps at most: beyond that growing now and then costs less than the memory.
        history.reserveCapacity(
            steps: min(steps, 1_000_000), epochs: min(configuration.epochs, 1_000_000),
            histograms: min(steps / configuration.histograms.every, 1_000))
        history.launches.append(
            .init(
                created: ISO8601DateFormatter().string(from: Date()), firstStep: (resumedAt?.step ?? 0) + 1,
                dtrainVersion: dtrainVersion, ranks: communicator.size, nodes: Set(communicator.hostNames).count,
                hosts: communicator.hostNames.joined(separator: ","), mpiLibrary: MPIEnvironment.libraryVersion,
                command: session.request.command.joined(separator: " ")))
        try folder.write(RunStatus(.running, step: resumedAt?.step ?? 0))
        files = Files(
            folder: folder, history: history, earlierTestLosses: testLosses, cadence: configuration.checkpoints)
    }

    /// A new folder, or that of a run which was started before and never wrote a checkpoint.
    private static func folder(_ session: RunSession) throws -> RunFolder {
        let config = session.inputs.configuration.yaml
        guard let folder = session.folder else {
            return try RunFolder.create(path: session.request.out, config: config)
        }
        try folder.restart(config: config)
        return folder
    }

    private static func history(_ session: RunSession) -> RunHistory {
        let configuration = session.inputs.configuration
        let arena = session.trainer.network.arena
        return RunHistory(
            config: configuration.resultYAML, seed: configuration.seed, shards: configuration.shards,
            parameterCount: arena.parameterCount, phases: StepPhase.allCases.map { "\($0)" },
            histograms: HistogramTable(
                bins: HistogramBins(subdivisions: configuration.histograms.subdivisions),
                parameters: arena.parameters.map(\.name)))
    }

    func add(_ result: StepResult, samplesPerSecond: Double, phases: [Double]) {
        guard files != nil else { return }
        let step = result.step + 1
        files!.history.steps.append(
            .init(
                step: step, loss: result.loss, learningRate: result.learningRate, gradientNorm: result.gradientNorm,
                samples: result.samples,
                status: result.isFinite ? (result.isClipped ? .clipped : .ok) : .skippedNonfinite))
        files!.history.timing.append(step: step, samplesPerSecond: samplesPerSecond, phaseSeconds: phases)
    }

    func add(_ event: RunHistory.Event) {
        files?.history.events.append(event)
    }

    /// The last good checkpoint that was due, and its path; nil if none was written yet, and on every rank but 0.
    func lastDueCheckpoint(note: (String) -> Void) throws -> (checkpoint: Checkpoint, path: String)? {
        guard let files else { return nil }
        let latest = try files.folder.checkpoints.latestValid(where: isDue) {
            note("passing over a damaged checkpoint: \($0)")
        }
        return latest.map { ($0.checkpoint, $0.entry.path) }
    }

    /// Forgets what came after the event's step: the history must not be behind any checkpoint.
    func rollBack(_ event: RunHistory.Event) throws {
        try files?.folder.checkpoints.remove(after: event.step)
        files?.history.truncate(afterStep: event.step, completedEpochs: event.step / stepsPerEpoch)
        add(event)
    }

    private func isDue(step: Int) -> Bool {
        files?.cadence.isDue(step: step, stepsPerEpoch: stepsPerEpoch) ?? false
    }

    func add(histograms counts: UnsafeBufferPointer<UInt64>, step: Int) {
        files?.history.histograms.append(step: step, counts: counts)
    }

    func add(trace hashes: UnsafeBufferPointer<UInt64>, step: Int) {
        files?.history.trace?.append(step: step, hashes: hashes)
    }

    func add(_ epoch: EpochResult) {
        files?.history.epochs.append(
            .init(
                epoch: epoch.epoch, trainLoss: epoch.trainLoss, trainAccuracy: epoch.trainAccuracy,
                testLoss: epoch.testLoss, testAccuracy: epoch.testAccuracy))
    }

    /// Writes `run.h5`, then the checkpoint, and removes those that are no longer kept.
    func write(_ checkpoint: Checkpoint) throws {
        guard files != nil else { return }
        try writeHistory()
        let folder = files!.folder
        checkpointPath = try checkpoint.write(folder: folder.checkpoints.path)
        checkpointDigest = checkpoint.digest
        let cadence = files!.cadence
        try folder.checkpoints.prune(
            upTo: checkpoint.step, keepLast: cadence.keepLast, keepBest: cadence.keepBest, isDue: isDue
        ) { step in
            testLoss(ofCheckpoint: step).map { -$0 }
        }
        try folder.write(RunStatus(.running, step: checkpoint.step))
    }

    /// The test loss of the epoch that a checkpoint ends; nil if it ends none.
    private func testLoss(ofCheckpoint step: Int) -> Double? {
        files?.history.epochs.first { $0.epoch * stepsPerEpoch == step }?.testLoss ?? files?.earlierTestLosses[step]
    }

    /// Replaces `run.h5` when fifty times what it took has passed.
    func writeIfDue() throws {
        guard let files else { return }
        let sinceWrite = ContinuousClock.now - files.lastWrite
        if sinceWrite > files.lastWriteTook * 50, sinceWrite > .seconds(1) { try writeHistory() }
    }

    func finish(_ state: RunStatus.State, step: Int, _ reason: String) throws {
        guard let files else { return }
        try writeHistory()
        try files.folder.write(RunStatus(state, step: step, reason: reason))
        hasFinished = true
    }

    /// Says in `status` why the run ended, unless that is known; where even that can't be written, the reason that is
    /// thrown has to do.
    func fail(step: Int, _ reason: String) {
        guard let files, !hasFinished else { return }
        try? files.folder.write(RunStatus(.failed, step: step, reason: reason))
    }

    private func writeHistory() throws {
        let begin = ContinuousClock.now
        try RunFile.write(files!.history, to: files!.folder.runFile)
        files!.lastWrite = ContinuousClock.now
        files!.lastWriteTook = files!.lastWrite - begin
    }
}
