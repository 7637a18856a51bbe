import Core

/// How large what is checked is: the extents of a sample, and the rows.
package enum SizeClass: String, CaseIterable, Sendable {
    /// One sample in all: one shard has it, all others are empty.
    case oneRow = "one row"
    /// Every extent 1 where the layer allows it.
    case oneFeature = "one feature"
    /// Extents that fill no vector register: 17, 33, 5 × 7 × 3.
    case oddSizes = "odd sizes"
    /// Several shards and roots, of either one empty.
    case severalShards = "several shards"

    package var batch: CheckedBatch {
        switch self {
        case .oneRow: .oneRow
        case .oneFeature, .severalShards: .severalShards
        case .oddSizes: .oneShard
        }
    }
}
