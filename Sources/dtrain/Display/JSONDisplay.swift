import Foundation
import Training

/// Writes one JSON object a line: epochs and notes to standard error, the summary to standard output.
final class JSONDisplay: RunObserver {
    func didStart(_ start: RunStart) {
        log([
            "event": "start", "folder": start.folder, "ranks": start.ranks,
            "processes": start.processes, "nodes": start.nodes,
            "parameters": start.parameterCount, "first_step": start.firstStep, "total_steps": start.totalSteps,
            "epochs": start.epochs, "global_batch_size": start.globalBatchSize,
        ])
    }

    func didStep(_ result: StepResult, samplesPerSecond: Double) {}

    func didFinishEpoch(_ epoch: EpochResult) {
        log([
            "event": "epoch", "epoch": epoch.epoch, "train_loss": epoch.trainLoss,
            "train_accuracy": epoch.trainAccuracy,
            "test_loss": epoch.testLoss, "test_accuracy": epoch.testAccuracy,
            "samples_per_second": epoch.samplesPerSecond, "seconds": epoch.seconds,
        ])
    }

    func note(_ message: String) {
        log(["event": "note", "message": message])
    }

    func didEnd(_ summary: RunSummary) {
        var object: [String: Any] = [
            "event": summary.isStopped ? "stopped" : "done", "folder": summary.folder, "test_loss": summary.test.loss,
            "test_accuracy": summary.test.accuracy, "seconds": summary.seconds, "steps": summary.steps,
            "samples_per_second": summary.samplesPerSecond, "digest": summary.digest,
        ]
        object["checkpoint"] = summary.checkpoint
        print(Self.line(object))
    }

    private func log(_ object: [String: Any]) {
        StandardError.write(Self.line(object) + "\n")
    }

    /// JSON has no NaN and no infinity: they become null.
    private static func line(_ object: [String: Any]) -> String {
        let safe = object.mapValues { value -> Any in
            if let number = value as? Double, !number.isFinite { return NSNull() }
            return value
        }
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: safe, options: [.sortedKeys, .withoutEscapingSlashes])
        else { preconditionFailure("not JSON: \(object)") }
        return String(decoding: data, as: UTF8.self)
    }
}
