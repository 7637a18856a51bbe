/// Two files of one kind held against each other: every group, dataset, link and attribute, by type, shape and bytes, whether
/// this dtrain knows it or not.
public struct FileComparison: Sendable {
    /// Something that is not alike in another way than by its values: missing, of another type, of another shape.
    public struct Mismatch: Sendable {
        public let path: String
        /// What it is in A and in B, in words.
        public let first: String
        public let second: String
    }

    /// What may differ between equal runs: it says when, where and how fast.
    public static let exempt = ["/launches", "/timing"]

    /// Where values part, in the order in which the file was written.
    public private(set) var differences: [ValueDifference] = []
    public private(set) var mismatches: [Mismatch] = []
    /// All tables that either file has, but the exempt ones.
    public private(set) var tables: [TableComparison] = []
    /// The exempt parts that differ.
    public private(set) var exemptDifferences: [String] = []

    /// Whether nothing differs but what may.
    public var isEqual: Bool {
        differences.isEmpty && mismatches.isEmpty
            && tables.allSatisfy(\.hasSameRows)
    }

    /// Compares two files.
    ///
    /// - Throws: `badData` if one cannot be read.
    public init(_ a: StoredFile, _ b: StoredFile) throws(StorageError) {
        do throws(HDF5Error) {
            for part in Self.exempt {
                var walk = FileWalk(a, b)
                try walk.compare(walk.paths.filter { Self.lies($0, in: part) })
                if walk.hasFound { exemptDifferences.append(part) }
            }
            var walk = FileWalk(a, b)
            try walk.compare(walk.paths.filter { path in !Self.exempt.contains { Self.lies(path, in: $0) } })
            differences = walk.differences
            mismatches = walk.mismatches
            tables = walk.tables
        } catch {
            throw StorageError(.badData, "comparing \(a.path) with \(b.path)", error)
        }
    }

    private static func lies(_ path: String, in part: String) -> Bool { path == part || path.hasPrefix(part + "/") }
}
