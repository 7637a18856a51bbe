import Training

/// Keeps what a run reports; does something at each epoch's end.
final class Recording: RunObserver {
    private(set) var summary: RunSummary?
    private(set) var notes: [String] = []
    private let atEpochEnd: () -> Void
    var atStep: (StepResult) -> Void = { _ in }

    init(atEpochEnd: @escaping () -> Void = {}) {
        self.atEpochEnd = atEpochEnd
    }

    func didStart(_ start: RunStart) {}
    func didStep(_ result: StepResult, samplesPerSecond: Double) { atStep(result) }
    func didFinishEpoch(_ epoch: EpochResult) { atEpochEnd() }
    func note(_ message: String) { notes.append(message) }
    func didEnd(_ summary: RunSummary) { self.summary = summary }
}
