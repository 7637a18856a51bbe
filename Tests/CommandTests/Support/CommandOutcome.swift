import Foundation

/// How a program ended.
struct CommandOutcome: CustomStringConvertible {
    /// The exit code; for one that a signal ended, the signal's number, negative.
    let status: Int32
    let output: String
    let errors: String
    /// Whether it was still there at its time's end.
    let isTimedOut: Bool
    let duration: Duration

    /// What dtrain reports of failures, on all ranks.
    var reports: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("dtrain: ") } }

    /// The summary that `--log-format json` ends with.
    var summary: [String: Any] {
        let line = output.split(separator: "\n").last ?? ""
        return (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
    }

    /// The digest of the last checkpoint.
    var digest: String? { summary["digest"] as? String }

    var description: String {
        "\(isTimedOut ? "timed out, " : "")status \(status) after \(duration)\n\(output)\n\(errors)"
    }
}
