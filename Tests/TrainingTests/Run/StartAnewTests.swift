import Distributed
import Foundation
import Storage
import Testing
import Training

/// A run that goes back to its start is, from there on, the run that began at the smaller rate.
@Suite struct StartAnewTests {
    private static func overrides(_ folder: String, learningRate: Double) -> [ConfigurationOverride] {
        [
            .set("network=[{linear: 6}, batchnorm, relu, {dropout: 0.2}, {linear: 3}]"),
            .set("optimizer={adam: {learningRate: \(learningRate)}}"),
            .set("nonFinite={rollback: {factor: \(Double(sign: .plus, exponent: -136, significand: 1))}}"),
            .key("data", "\(folder)/data"), .key("globalBatchSize", "16"), .key("epochs", "2"),
            .key("checkpoints.every", "12"), .key("histograms.every", "3"), .set("trace=true"),
        ]
    }

    /// What a run left, less how it came to it.
    private static func run(
        _ name: String, in folder: String, learningRate: Double, ranks: Int
    ) throws -> (checkpoint: Checkpoint, history: RunHistory) {
        let request = RunRequest(
            overrides: overrides(folder, learningRate: learningRate), out: "\(folder)/\(name)", resume: nil)
        _ = try ThreadCommunicator.run(size: ranks) { communicator in
            try RunSession(request, communicator: communicator, observer: Silent()).run()
        }
        return try (
            Checkpoint.read("\(folder)/\(name)/checkpoints/\(Checkpoint.fileName(step: 12))"),
            RunFile.read("\(folder)/\(name)/run.h5")
        )
    }

    /// The rates are powers of two, so that the factor makes exactly one of the other. Adam's corrections depend on the count
    /// of updates, batchnorm's statistics on their first values, dropout's masks on the step.
    @Test(arguments: [1, 3])
    func everyTensorIsThatOfTheSmallerRate(ranks: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FloatData.write(to: "\(folder)/data")
        let large = try Self.run(
            "large", in: folder, learningRate: Double(sign: .plus, exponent: 126, significand: 1), ranks: ranks)
        let small = try Self.run(
            "small", in: folder, learningRate: Double(sign: .plus, exponent: -10, significand: 1), ranks: 1)
        #expect(large.history.events.map(\.kind) == ["rollback"] && large.history.events.map(\.step) == [0])
        #expect(small.history.events.isEmpty)
        #expect(large.checkpoint.parameters == small.checkpoint.parameters)
        #expect(large.checkpoint.buffers == small.checkpoint.buffers)
        #expect(large.checkpoint.optimizer == small.checkpoint.optimizer)
        #expect(large.history.steps == small.history.steps && small.history.steps.count == 12)
        #expect(large.history.epochs == small.history.epochs)
        #expect(
            large.history.histograms == small.history.histograms && small.history.histograms.steps == [3, 6, 9, 12])
        #expect(large.history.trace == small.history.trace && small.history.trace?.steps == Array(1...12))
    }
}

private final class Silent: RunObserver {
    func didStart(_ start: RunStart) {}
    func didStep(_ result: StepResult, samplesPerSecond: Double) {}
    func didFinishEpoch(_ epoch: EpochResult) {}
    func note(_ message: String) {}
    func didEnd(_ summary: RunSummary) {}
}
