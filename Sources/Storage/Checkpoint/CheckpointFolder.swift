import Glibc

/// A run's checkpoints: `step-00000320.h5` and so on, and the link `latest`.
public struct CheckpointFolder: Sendable {
    public let path: String

    /// A file that is named as a checkpoint is; whether it is good only reading tells.
    public struct Entry: Sendable, Equatable {
        public let step: Int
        public let path: String
    }

    public init(path: String) {
        self.path = path
    }

    /// The checkpoints, the earliest first; none if there is no such folder.
    public func entries() throws(StorageError) -> [Entry] {
        guard access(path, F_OK) == 0 else { return [] }
        return try FileSystem.names(in: path, what: "checkpoint folder").compactMap { name in
            Self.step(ofFile: name).map { Entry(step: $0, path: FileSystem.join(path, name)) }
        }.sorted { $0.step < $1.step }
    }

    /// 320 for `step-00000320.h5`; nil for any other name.
    static func step(ofFile name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".h5"), let step = Int(name.dropFirst(5).dropLast(3)), step >= 0,
            Checkpoint.fileName(step: step) == name
        else { return nil }
        return step
    }

    /// The good checkpoint of the most steps.
    ///
    /// - Parameters:
    ///   - isWanted: whether the checkpoint of a step counts.
    ///   - damaged: told of each later one that is not good.
    /// - Returns: nil if there are no checkpoints that count.
    /// - Throws: `badData` if there are some and none is good.
    public func latestValid(
        where isWanted: (Int) -> Bool = { _ in true }, damaged: (StorageError) -> Void
    ) throws(StorageError) -> (entry: Entry, checkpoint: Checkpoint)? {
        let entries = try entries().filter { isWanted($0.step) }
        for entry in entries.reversed() {
            do throws(StorageError) {
                return (entry, try Checkpoint.read(entry.path))
            } catch {
                damaged(error)
            }
        }
        guard let last = entries.last else { return nil }
        throw StorageError(
            .badData,
            "going on from \(path): none of its \(entries.count) checkpoints is good, \(last.path) neither; "
                + "start a new run in another folder")
    }

    /// Removes the checkpoints of later steps than `step`, good or not.
    public func remove(after step: Int) throws(StorageError) {
        for entry in try entries() where entry.step > step { try remove(entry.path) }
    }

    /// Removes what needs not be kept: all but the last `keepLast` and the best `keepBest` of those that were due, earlier ones
    /// that a stop made in between, and the unfinished files that killed runs left.
    ///
    /// Only files that begin as dtrain's checkpoints do are removed, and none of a later step than `step`, so that good
    /// ones are never given up for damaged ones that a resumed run left behind.
    ///
    /// - Parameters:
    ///   - step: the run's last checkpoint, which is kept.
    ///   - keepLast: 0 to keep all.
    ///   - keepBest: 0 to keep all.
    ///   - isDue: whether the checkpoint of a step would be there without any stop.
    ///   - score: how good the checkpoint of a step is, the larger the better; nil if not known, then it is none of the best.
    /// - Returns: the files removed.
    @discardableResult
    public func prune(
        upTo step: Int, keepLast: Int, keepBest: Int, isDue: (Int) -> Bool = { _ in true }, score: (Int) -> Double?
    ) throws(StorageError) -> [String] {
        try removeLeftovers()
        guard keepLast > 0, keepBest > 0 else { return [] }
        let candidates = try entries().filter {
            $0.step <= step && FileSeal.isPresent(format: Checkpoint.format, in: $0.path)
        }
        let due = candidates.filter { isDue($0.step) }
        var kept = Set(due.suffix(keepLast).map(\.step)).union([step])
        let scored = due.compactMap { entry in
            score(entry.step).flatMap { $0.isNaN ? nil : (step: entry.step, score: $0) }
        }
        // Of equals, the earlier is the better.
        kept.formUnion(scored.sorted { ($0.score, $1.step) > ($1.score, $0.step) }.prefix(keepBest).map(\.step))
        var removed: [String] = []
        for entry in candidates where !kept.contains(entry.step) {
            try remove(entry.path)
            removed.append(entry.path)
        }
        return removed
    }

    /// Removes files that were being written when a run was killed: `.step-00000320.h5.partial`. Nobody is writing now.
    private func removeLeftovers() throws(StorageError) {
        for name in try FileSystem.names(in: path, what: "checkpoint folder") {
            let checkpoint = name.dropFirst().dropLast(".partial".count)
            if name.hasPrefix("."), name.hasSuffix(".partial"), Self.step(ofFile: String(checkpoint)) != nil {
                try remove(FileSystem.join(path, name))
            }
        }
    }

    private func remove(_ file: String) throws(StorageError) {
        do throws(SystemError) { try SystemCall.check("unlink") { unlink(file) } } catch {
            throw StorageError(.inputOutput, "removing the old checkpoint \(file): \(error.reason)")
        }
    }
}
