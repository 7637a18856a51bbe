/// What two files have in one table: a group whose dataset `step` or `epoch` says what each row is about.
public struct TableComparison: Sendable {
    /// Rows that only one file has.
    public struct Rows: Sendable {
        /// Their steps or epochs.
        public let keys: [Int64]
        /// What the first of them says in words: `kind "skip", detail "…"`; empty where the table has no text.
        public let first: String
    }

    /// `/steps`.
    public let path: String
    /// `step` or `epoch`.
    public let key: String
    /// The rows that both have.
    public let rowCount: Int
    public let onlyFirst: Rows
    public let onlySecond: Rows

    /// Whether both have the same rows, whatever these hold.
    public var hasSameRows: Bool { onlyFirst.keys.isEmpty && onlySecond.keys.isEmpty }
}
