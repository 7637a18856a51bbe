import Training

/// Shows nothing: every rank but 0.
final class SilentDisplay: RunObserver {
    func didStart(_ start: RunStart) {}
    func didStep(_ result: StepResult, samplesPerSecond: Double) {}
    func didFinishEpoch(_ epoch: EpochResult) {}
    func note(_ message: String) {}
    func didEnd(_ summary: RunSummary) {}
}
