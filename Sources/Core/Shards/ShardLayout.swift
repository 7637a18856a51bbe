/// The rows that a pass sees, cut into the shards they came from, and the subtrees whose partial sums leave the pass.
///
/// Built once for each batch size that occurs (the full batch and the last one of an epoch), so a step allocates nothing.
public struct ShardLayout: Sendable {
    /// Shard i of this pass holds rows `rowOffsets[i]..<rowOffsets[i + 1]`; one entry more than there are shards.
    public let rowOffsets: [Int]
    /// The maximal subtrees, as ranges of this pass's shards: in order, disjoint, covering all shards.
    public let roots: [Range<Int>]

    /// - Parameters:
    ///   - rowCounts: the rows of each shard; 0 for an empty one.
    ///   - roots: the subtrees that cover the shards.
    public init(rowCounts: [Int], roots: [Range<Int>]) {
        var offsets = [0]
        for count in rowCounts {
            require(count >= 0, "a shard of \(count) rows")
            offsets.append(offsets.last! + count)
        }
        require(
            roots.map(\.count).reduce(0, +) == rowCounts.count,
            "roots \(roots) do not cover \(rowCounts.count) shards")
        rowOffsets = offsets
        self.roots = roots
    }

    /// A whole batch of `rows` rows cut into `shards` shards on one rank; the first `rows` mod `shards` are one longer.
    public init(rows: Int, shards: Int) {
        self.init(rowCounts: Self.rowCounts(rows: rows, shards: shards), roots: [0..<shards])
    }

    /// The rows of each shard of a batch: the first `rows` mod `shards` shards are one row longer; a shard may be empty.
    public static func rowCounts(rows: Int, shards: Int) -> [Int] {
        require(shards > 0, "a batch needs at least one shard")
        return (0..<shards).map { rows / shards + ($0 < rows % shards ? 1 : 0) }
    }

    /// The number of shards of this pass.
    public var shardCount: Int { rowOffsets.count - 1 }

    /// The rows of all shards of this pass.
    public var rows: Int { rowOffsets[shardCount] }

    /// The rows of shard `shard`.
    @inline(__always)
    public func rows(of shard: Int) -> Range<Int> {
        rowOffsets[shard]..<rowOffsets[shard + 1]
    }

    /// Whether root `root` holds no row: then it contributes nothing to a sum (absent, not zero).
    public func isEmpty(root: Int) -> Bool {
        let shards = roots[root]
        return rowOffsets[shards.lowerBound] == rowOffsets[shards.upperBound]
    }

    /// The shards that hold a row in the roots before root `root`.
    func occupiedShards(before root: Int) -> Int {
        var count = 0
        for shard in 0..<roots[root].lowerBound where !rows(of: shard).isEmpty { count += 1 }
        return count
    }
}

extension Range<Int> {
    /// The rows of these samples where each has `count`, one after the other: the steps of sequences, the places of images.
    @inline(__always)
    func rows(each count: Int) -> Range<Int> { (lowerBound * count)..<(upperBound * count) }
}
