import Distributed
import Storage

/// Two runs, or two checkpoints, held against each other byte by byte, and where they part.
public struct RunComparison: Sendable, CustomStringConvertible {
    /// Whether everything that determines the result, and everything that it determines, is the same.
    public let isEqual: Bool
    /// What was found, for people; the first line is the verdict.
    public let description: String

    /// Compares what is at two paths: run folders, run files, or checkpoints.
    ///
    /// Of two run folders the checkpoints of the steps that both have are compared too. Which of them are kept is not.
    /// - Throws: `noInput` and `badData` for a file that is missing or damaged; `RunFailure` where a run would be compared
    ///   with a checkpoint.
    public init(_ first: String, _ second: String) throws {
        let a = try ComparedInput(first)
        let b = try ComparedInput(second)
        guard a.file.kind == b.file.kind else {
            throw RunFailure(
                .usage,
                "cannot compare \(first), a \(a.file.kind.name), with \(second), a \(b.file.kind.name); give two runs, or "
                    + "two checkpoints")
        }
        let files = try ComparedFiles(a.file, b.file)
        var checkpoints: [(step: Int, files: ComparedFiles)] = []
        for step in a.checkpoints.keys.sorted() {
            guard let other = b.checkpoints[step] else { continue }
            checkpoints.append(
                (step, try ComparedFiles(StoredFile(path: a.checkpoints[step]!), StoredFile(path: other))))
        }
        let report = ComparisonReport(a, b, files, checkpoints: checkpoints)
        isEqual = report.isEqual
        description = report.description
    }

    /// Rank 0 compares, and every rank knows the verdict.
    ///
    /// - Parameter print: writes the report; called on rank 0.
    /// - Returns: whether the two are equal, on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on every rank, what `init` throws.
    public static func compare(
        _ first: String, _ second: String, communicator: any Communicator, print: (String) -> Void
    ) throws -> Bool {
        let verdict = try communicator.fromRankZero {
            let comparison = try RunComparison(first, second)
            print(comparison.description)
            return [comparison.isEqual ? 1 : 0]
        }
        return verdict == [1]
    }
}
