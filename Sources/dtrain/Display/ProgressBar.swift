import Foundation
import Glibc
import Training

/// One line that is drawn anew at most ten times a second: epoch, bar, loss, accuracy, samples/s, time left.
final class ProgressBar {
    private var lastDrawn: ContinuousClock.Instant?
    private let started = ContinuousClock.now
    private var firstStep: Int?
    private var isDrawn = false

    func update(_ result: StepResult, of start: RunStart, samplesPerSecond: Double) {
        let firstStep = firstStep ?? result.step
        self.firstStep = firstStep
        let now = ContinuousClock.now
        if let lastDrawn, now - lastDrawn < .milliseconds(100), result.step + 1 < start.totalSteps { return }
        lastDrawn = now
        let done = result.step + 1
        let elapsed = (now - started) / .seconds(1)
        let left = elapsed / Double(done - firstStep) * Double(start.totalSteps - done)
        let head = "epoch \(result.step / start.stepsPerEpoch + 1)/\(start.epochs) "
        let tail =
            " loss \(fixed(result.loss, 4))  accuracy \(percent(result.accuracy))  "
            + "\(grouped(Int(samplesPerSecond))) samples/s  \(duration(left)) left"
        let room = min(40, columns() - head.count - tail.count - 3)
        let bar = room >= 5 ? "[" + Self.bar(Double(done) / Double(start.totalSteps), width: room) + "]" : ""
        StandardError.write("\r\u{1B}[K" + head + bar + tail)
        isDrawn = true
    }

    /// Takes the bar off the terminal, so that a line can be written.
    func clear() {
        guard isDrawn else { return }
        StandardError.write("\r\u{1B}[K")
        isDrawn = false
    }

    /// Full blocks and one of eight partial ones.
    static func bar(_ part: Double, width: Int) -> String {
        let eighths = Int(min(max(part, 0), 1) * Double(width * 8))
        let partial = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        guard eighths < width * 8 else { return String(repeating: "█", count: width) }
        return String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
            + String(repeating: " ", count: width - eighths / 8 - 1)
    }

    /// The terminal's width; 100 where nobody says (standard error of an MPI rank is a pipe).
    private func columns() -> Int {
        var size = winsize()
        if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init) ?? 100
    }
}
