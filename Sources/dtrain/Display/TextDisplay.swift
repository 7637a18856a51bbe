import Foundation
import Training

/// Shows a run to a person: a bar on a terminal, else a line an epoch; at the end a summary on standard output.
final class TextDisplay: RunObserver {
    private let isQuiet: Bool
    private let bar: ProgressBar?
    private var start: RunStart?

    /// Under mpirun rank 0's standard error is never a terminal, so `DTRAIN_PROGRESS=bar` decides there.
    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        let wantsBar =
            switch ProcessInfo.processInfo.environment["DTRAIN_PROGRESS"] {
            case "bar": true
            case "plain": false
            default: StandardError.isTerminal
            }
        bar = wantsBar && !isQuiet ? ProgressBar() : nil
    }

    func didStart(_ start: RunStart) {
        self.start = start
        guard !isQuiet else { return }
        var ranks = start.ranks == 1 ? "1 rank" : "\(start.ranks) ranks"
        if start.processes == 1, start.ranks > 1 {
            ranks += ", threads of one process,"
        } else if start.processes < start.ranks {
            ranks += ", threads of \(start.processes) processes,"
        }
        let nodes = start.nodes == 1 ? "1 node" : "\(start.nodes) nodes"
        line(
            "\(grouped(start.parameterCount)) parameters, \(grouped(start.trainingSamples)) training and "
                + "\(grouped(start.testSamples)) test samples, \(ranks) on \(nodes)")
        line(
            "\(start.epochs) epochs of \(start.stepsPerEpoch) steps, global batch \(start.globalBatchSize), into \(start.folder)"
        )
        if start.firstStep > 0 { line("going on at step \(start.firstStep) of \(start.totalSteps)") }
    }

    func didStep(_ result: StepResult, samplesPerSecond: Double) {
        guard let bar, let start else { return }
        bar.update(result, of: start, samplesPerSecond: samplesPerSecond)
    }

    func didFinishEpoch(_ epoch: EpochResult) {
        guard !isQuiet else { return }
        let width = String(epoch.epochs).count
        let number = String(repeating: " ", count: width - String(epoch.epoch).count) + "\(epoch.epoch)"
        line(
            "epoch \(number)/\(epoch.epochs)  loss \(fixed(epoch.trainLoss, 4))\(accuracy(epoch.trainAccuracy))"
                + "  test loss \(fixed(epoch.testLoss, 4))\(accuracy(epoch.testAccuracy, "test "))"
                + "  \(grouped(Int(epoch.samplesPerSecond))) samples/s")
    }

    /// Nothing where the targets are no classes.
    private func accuracy(_ part: Double, _ prefix: String = "") -> String {
        part.isNaN ? "" : "  \(prefix)accuracy \(percent(part))"
    }

    func note(_ message: String) {
        guard !isQuiet else { return }
        line(message)
    }

    func didEnd(_ summary: RunSummary) {
        bar?.clear()
        var lines: [String] = []
        if summary.isStopped { lines.append("stopped at step \(summary.steps); go on with --resume \(summary.folder)") }
        if summary.hasClasses {
            lines.append(
                "test accuracy  \(percent(summary.test.accuracy)) (\(summary.test.correct) of \(summary.test.places)), loss "
                    + fixed(summary.test.loss, 4))
        } else {
            lines.append("test loss      \(fixed(summary.test.loss, 6)) over \(summary.test.samples) samples")
        }
        lines.append(
            "time           \(duration(summary.seconds)) for \(summary.steps) steps, "
                + "\(grouped(Int(summary.samplesPerSecond))) samples/s")
        lines.append("digest         \(summary.digest)")
        lines.append("run            \(summary.folder)/run.h5")
        if let checkpoint = summary.checkpoint { lines.append("checkpoint     \(checkpoint)") }
        lines.append("look at it     h5dump -n \(summary.folder)/run.h5")
        print(lines.joined(separator: "\n"))
    }

    private func line(_ text: String) {
        bar?.clear()
        StandardError.write(text + "\n")
    }
}

/// 93.60 %
func percent(_ part: Double) -> String { fixed(part * 100, 2) + " %" }

func fixed(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

/// 1.2 s, 3 min 20 s, 2 h 5 min
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 60 { return fixed(seconds, 1) + " s" }
    let whole = Int(seconds)
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
}
