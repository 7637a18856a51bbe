import Foundation
import Storage
import Testing

/// A small run that has ended, made once and copied by the tests that damage it or go on from it.
struct FinishedRun: Sendable {
    /// 16 steps with all checkpoints.
    static let flags =
        Dtrain.smallNetwork + ["--epochs", "1", "--checkpoint-every", "5", "--set", "checkpoints.keepLast=0"]
    static let steps = [5, 10, 15, 16]

    private static let original = Result { try FinishedRun("original", flags) }
    private static let other = Result {
        try FinishedRun("other", flags + ["--set", "network=[{linear: 5}, tanh, {linear: 10}]"])
    }

    let path: String
    let digest: String

    private init(_ name: String, _ arguments: [String]) throws {
        path = try TemporaryFolder.shared.get().file(name)
        let outcome = try Dtrain.run(arguments + ["--log-format", "json", "--out", path], in: TemporaryFolder())
        digest = try #require(outcome.digest, "\(outcome)")
    }

    /// Puts a copy of the run into `folder`, as `run`.
    @discardableResult
    static func copy(into folder: TemporaryFolder) throws -> FinishedRun {
        let run = try original.get()
        try folder.copy(run.path, as: "run")
        return run
    }

    /// Puts a checkpoint of a run of another network into `folder`, as that of the copied run.
    static func copyOtherCheckpoint(_ step: Int, into folder: TemporaryFolder) throws {
        let run = try other.get()
        try folder.remove(checkpoint(step))
        try folder.copy("\(run.path)/checkpoints/\(Checkpoint.fileName(step: step))", as: checkpoint(step))
    }

    /// The path of a checkpoint of the copied run.
    static func checkpoint(_ step: Int) -> String { "run/checkpoints/\(Checkpoint.fileName(step: step))" }
}
