import Storage

/// Two files of one kind, and what their comparison found.
struct ComparedFiles {
    let kind: StoredFile.Kind
    let comparison: FileComparison
    /// The keys of the configuration that differ; nil where one of the two is no YAML.
    let configuration: [ConfigurationDifference]?
    /// What the columns of the trace are hashes of, where both files have the same columns.
    let tracedTensors: [String]

    /// - Throws: `StorageError` of kind `badData`.
    init(_ a: StoredFile, _ b: StoredFile) throws {
        kind = a.kind
        comparison = try FileComparison(a, b)
        let (config, other) = (try a.config(), try b.config())
        configuration = try? ConfigurationDifference.between(config, other)
        let tensors = try a.strings("/trace/tensor")
        tracedTensors = try b.strings("/trace/tensor") == tensors ? tensors : []
    }

    /// Whether all that can differ is the configuration, which two runs have for all of their checkpoints.
    var hasEqualState: Bool { comparison.mismatches.isEmpty && differences.isEmpty }

    /// The operation at which two traces part; nil for any other difference.
    func tracedTensor(_ difference: ValueDifference) -> String? {
        guard difference.path == "/trace/hashes", let column = difference.index.first else { return nil }
        return column < tracedTensors.count ? tracedTensors[column] : nil
    }

    /// The differences in the order of a report: of a history the earliest first, of a checkpoint as the file was written.
    ///
    /// Left out is what only repeats others: the digests, and what the configuration says too.
    var differences: [ValueDifference] {
        var repeating: Set<String> = ["/@config", "/@digest", "/@parameters_digest"]
        if !(configuration?.isEmpty ?? true) { repeating.formUnion(["/@seed", "/@shards"]) }
        let found = comparison.differences.filter { !repeating.contains($0.path) }
        return found.indices.sorted { (Self.time(found[$0]), $0) < (Self.time(found[$1]), $1) }.map { found[$0] }
    }

    /// Steps before epochs before all that is in no row; in one step the trace first, since it is the finest.
    private static func time(_ difference: ValueDifference) -> Time {
        guard let row = difference.row else { return Time(rank: 2, value: 0, isTrace: 1) }
        return Time(
            rank: row.key == "step" ? 0 : 1, value: row.value, isTrace: difference.path == "/trace/hashes" ? 0 : 1)
    }

    private struct Time: Comparable {
        let rank: Int
        let value: Int64
        let isTrace: Int

        static func < (a: Time, b: Time) -> Bool {
            (a.rank, a.value, a.isTrace) < (b.rank, b.value, b.isTrace)
        }
    }
}
