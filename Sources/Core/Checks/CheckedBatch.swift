/// The rows that a check runs on: how many there are, and how they are cut.
public enum CheckedBatch: Sendable, CaseIterable {
    /// 11 rows in six unequal shards, one of them empty, exported as four roots, one of them empty: the merging of partials is
    /// part of what is checked.
    case severalShards
    /// 5 rows in one shard, which is the root.
    case oneShard
    /// One row in all: one shard has it, and the shards and roots around it are empty.
    case oneRow

    var layout: ShardLayout {
        let roots = [0..<2, 2..<3, 3..<4, 4..<6]
        return switch self {
        case .severalShards: ShardLayout(rowCounts: [3, 2, 0, 1, 3, 2], roots: roots)
        case .oneShard: ShardLayout(rows: 5, shards: 1)
        case .oneRow: ShardLayout(rowCounts: [0, 0, 0, 1, 0, 0], roots: roots)
        }
    }

    public var rows: Int { layout.rows }
}
