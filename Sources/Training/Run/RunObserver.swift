import Core

/// Is told how a run goes; on rank 0 it draws the progress.
public protocol RunObserver: AnyObject {
    func didStart(_ start: RunStart)
    func didStep(_ result: StepResult, samplesPerSecond: Double)
    func didFinishEpoch(_ epoch: EpochResult)
    /// Something that a reader of the log should know: a checkpoint, a damaged file passed over, idle ranks.
    func note(_ message: String)
    func didEnd(_ summary: RunSummary)
}

/// What is known when a run starts or goes on.
public struct RunStart: Sendable {
    public let folder: String
    public let ranks: Int
    /// Fewer than ranks where those are threads.
    public let processes: Int
    public let nodes: Int
    public let parameterCount: Int
    /// The step to come, from 0: more than 0 when the run goes on from a checkpoint.
    public let firstStep: Int
    public let totalSteps: Int
    public let stepsPerEpoch: Int
    public let epochs: Int
    public let globalBatchSize: Int
    public let trainingSamples: Int
    public let testSamples: Int
}

/// One row of `/epochs`.
public struct EpochResult: Sendable {
    /// From 1.
    public let epoch: Int
    public let epochs: Int
    public let trainLoss: Double
    /// From 0 to 1; NaN where the targets are no classes.
    public let trainAccuracy: Double
    public let testLoss: Double
    public let testAccuracy: Double
    public let samplesPerSecond: Double
    public let seconds: Double
}

/// What a run ends with.
public struct RunSummary: Sendable {
    public let folder: String
    public let test: Evaluation
    public let seconds: Double
    public let steps: Int
    public let epochs: Int
    public let samplesPerSecond: Double
    public let checkpoint: String?
    /// SHA-256 over the checkpoint: equal for equal results.
    public let digest: String
    public let isStopped: Bool
    /// Whether the outputs are classes, so that an accuracy means something.
    public let hasClasses: Bool
}
