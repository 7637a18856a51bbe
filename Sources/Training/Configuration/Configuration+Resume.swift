import Foundation
import Storage
import Yams

extension Configuration {
    /// Checks that this configuration may go on from a checkpoint written under `resultYAML`.
    ///
    /// Only what does not determine the result may differ, and `epochs` where the schedule does not depend on it.
    /// - Throws: `ConfigurationError` naming the first key that differs.
    func checkResumes(_ checkpointYAML: String, folder: String) throws(ConfigurationError) {
        // Read as a configuration, so that a key that came later counts as its default.
        let checkpoint = try Configuration(yaml: checkpointYAML, file: "the checkpoint's configuration")
        let before = try ConfigurationDocument(yaml: checkpoint.resultYAML, file: "the checkpoint's configuration").root
        let now = try ConfigurationDocument(yaml: resultYAML, file: "the configuration").root
        let names = [now, before].flatMap { $0.mapping.map { $0.keys.map { $0.scalar?.string ?? "" } } ?? [] }
        for name in names {
            if name == "epochs", !schedule.dependsOnTotalSteps { continue }
            // A key that only one of them has says where one's text is cut.
            guard before[name]?.withoutMarks == now[name]?.withoutMarks else {
                throw ConfigurationError(
                    key: name,
                    message: "a run that goes on keeps its configuration: \(folder) has "
                        + "\(Self.inline(before[name])), not \(Self.inline(now[name])); leave it out, or start a new run"
                )
            }
        }
    }

    /// Checks that the run is not to end before the checkpoint that it goes on from.
    ///
    /// - Throws: `ConfigurationError` naming `epochs`.
    func checkLength(after checkpoint: Checkpoint, folder: String) throws(ConfigurationError) {
        let isWithinEpoch = checkpoint.position > 0
        guard epochs < checkpoint.epoch + (isWithinEpoch ? 1 : 0) else { return }
        throw ConfigurationError(
            key: "epochs",
            message: "is \(epochs), and \(folder) has done \(checkpoint.epoch)\(isWithinEpoch ? " and a part" : "") "
                + "(\(checkpoint.step) steps); give at least \(checkpoint.epoch + (isWithinEpoch ? 1 : 0)), or start a "
                + "new run")
    }

    /// Checks that histograms to come have the bins of those that the run's history holds: one file has one kind.
    ///
    /// - Throws: `ConfigurationError` naming `histograms.subdivisions`.
    func checkHistograms(of history: RunHistory, folder: String) throws(ConfigurationError) {
        let subdivisions = history.histograms.bins.subdivisions
        guard histograms.subdivisions != subdivisions else { return }
        throw ConfigurationError(
            key: "histograms.subdivisions",
            message:
                "is \(histograms.subdivisions), and the histograms of \(folder) are in bins of \(subdivisions); leave "
                + "it out, or start a new run")
    }

    private static func inline(_ node: Node?) -> String {
        guard let node else { return "none" }
        return serialize(node).trimmingCharacters(in: .whitespacesAndNewlines).replacing("\n", with: "; ")
    }
}
