import Core
import Distributed
import Foundation
import Storage

/// Keeps rank 0's record of a run: takes rows as steps are done and hands them, with checkpoints, to a thread that writes the
/// files while training goes on. On the other ranks it does nothing.
final class RunRecorder {
    /// The run's folder.
    let path: String
    /// Whether `status` says how the run ended.
    private var hasFinished = false

    /// The files' thread; nil on every rank but 0.
    private let thread: FileThread?
    /// The rows that the thread does not have yet.
    private var rows: RunHistory?
    /// None, to begin again with.
    private let noRows: RunHistory?
    private let histogramCadence: Int

    /// Creates the folder, or reads the history of the run that goes on.
    ///
    /// - Parameters:
    ///   - resumedAt: the checkpoint's place; rows after its step are dropped, they will be made again.
    ///   - traced: what is hashed in every step; nil where the run is not traced.
    init(_ session: RunSession, resumedAt: RunProgress?, traced: [String]?) throws {
        let stepsPerEpoch = session.trainer.sampler.stepsPerEpoch
        let communicator = session.communicator
        guard communicator.rank == 0 else {
            path = ""
            (thread, rows, noRows, histogramCadence) = (nil, nil, nil, 1)
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
        var rows = Self.history(session)
        rows.trace = history.trace.map { TraceTable(tensors: $0.tensors) }
        histogramCadence = configuration.histograms.every
        self.rows = rows
        noRows = rows
        history.launches.append(
            .init(
                created: ISO8601DateFormatter().string(from: Date()), firstStep: (resumedAt?.step ?? 0) + 1,
                dtrainVersion: dtrainVersion, ranks: communicator.size,
                processes: communicator.processCount, nodes: Set(communicator.hostNames).count,
                hosts: communicator.hostNames.joined(separator: ","), mpiLibrary: MPIEnvironment.libraryVersion,
                command: session.request.command.joined(separator: " ")))
        let step = resumedAt?.step ?? 0
        do {
            thread = try FileThread(
                RunFiles(
                    folder: folder, history: history, earlierTestLosses: testLosses, cadence: configuration.checkpoints,
                    stepsPerEpoch: stepsPerEpoch))
        } catch {
            try folder.write(RunStatus(.failed, step: step, reason: "\(error)"))
            throw error
        }
        try folder.write(RunStatus(.running, step: step))
        reserveRows()
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
        guard rows != nil else { return }
        let step = result.step + 1
        rows!.steps.append(
            .init(
                step: step, loss: result.loss, learningRate: result.learningRate, gradientNorm: result.gradientNorm,
                samples: result.samples,
                status: result.isFinite ? (result.isClipped ? .clipped : .ok) : .skippedNonfinite))
        rows!.timing.append(step: step, samplesPerSecond: samplesPerSecond, phaseSeconds: phases)
    }

    func add(_ event: RunHistory.Event) {
        rows?.events.append(event)
    }

    func add(histograms counts: UnsafeBufferPointer<UInt64>, step: Int) {
        rows?.histograms.append(step: step, counts: counts)
    }

    func add(trace hashes: UnsafeBufferPointer<UInt64>, step: Int) {
        rows?.trace?.append(step: step, hashes: hashes)
    }

    func add(_ epoch: EpochResult) {
        rows?.epochs.append(
            .init(
                epoch: epoch.epoch, trainLoss: epoch.trainLoss, trainAccuracy: epoch.trainAccuracy,
                testLoss: epoch.testLoss, testAccuracy: epoch.testAccuracy))
    }

    /// Whether something could not be written; `waitForFiles` says why.
    var hasFailed: Bool { thread?.hasFailed ?? false }

    /// Waits until everything that was handed over is on the disk.
    ///
    /// - Throws: why it could not be written.
    func waitForFiles() throws { try thread?.wait() }

    /// Has `run.h5` and then a checkpoint written, while training goes on.
    ///
    /// - Parameter snapshot: in use until it has been turned into a checkpoint.
    func write(_ snapshot: StateSnapshot) {
        guard let thread else { return }
        let rows = takeRows()
        snapshot.isInUse = true
        thread.start { files in
            defer { snapshot.isInUse = false }
            files.history.append(rows)
            try files.write(snapshot.checkpoint())
        }
    }

    /// Has `run.h5` replaced when fifty times what it took has passed.
    func writeIfDue() {
        guard let thread, !thread.isBusy else { return }
        let last = thread.lastJob
        guard last.ago > last.took * 50, last.ago > .seconds(1) else { return }
        let rows = takeRows()
        thread.start { files in
            files.history.append(rows)
            try files.writeHistory()
        }
    }

    /// The last good checkpoint that was due, and its path; nil if none was written yet, and on every rank but 0.
    func lastDueCheckpoint(note: (String) -> Void) throws -> (checkpoint: Checkpoint, path: String)? {
        try thread?.run { try $0.lastDueCheckpoint(note: note) }
    }

    /// Forgets what came after the event's step: the history must not be behind any checkpoint.
    func rollBack(_ event: RunHistory.Event) throws {
        guard let thread else { return }
        let rows = takeRows()
        try thread.run { files in
            files.history.append(rows)
            try files.rollBack(to: event.step)
        }
        add(event)
    }

    /// Writes everything that is left, and how the run ended.
    func finish(_ state: RunStatus.State, step: Int, _ reason: String) throws {
        guard let thread else { return }
        let rows = takeRows()
        try thread.run { files in
            files.history.append(rows)
            try files.finish(RunStatus(state, step: step, reason: reason))
        }
        hasFinished = true
    }

    /// Says in `status` why the run ended, unless that is known; where even that can't be written, the reason that is
    /// thrown has to do.
    func fail(step: Int, _ reason: String) {
        guard let thread, !hasFinished else { return }
        thread.afterAll { try? $0.folder.write(RunStatus(.failed, step: step, reason: reason)) }
    }

    /// The last checkpoint written, and its digest; waits until it is.
    var lastCheckpoint: (path: String?, digest: String) {
        thread?.afterAll { ($0.checkpointPath, $0.checkpointDigest) } ?? (nil, "")
    }

    /// The rows so far, for the thread to keep.
    private func takeRows() -> RunHistory {
        let taken = rows!
        rows = noRows
        reserveRows()
        return taken
    }

    /// Makes room for the rows of more steps than pass before the thread takes them: a step allocates nothing.
    private func reserveRows() {
        rows!.reserveCapacity(steps: 4096, epochs: 16, histograms: 4096 / histogramCadence + 1)
    }
}
