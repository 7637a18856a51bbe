/// Reduces one record a shard to one record a root along the fixed tree, as the records are made.
///
/// A binary counter: after the i-th leaf, as many merges as i has trailing zero bits; at the end what is left is merged
/// from the right. That is the tree of `ShardTree`, with at most log2 V + 1 records in memory, never V.
public final class ShardAccumulator<Element: TrainingScalar> {
    /// The elements of one record.
    public let length: Int
    private let merge: RecordMerge
    private let levels: AlignedBuffer<Element>

    /// Subtree sizes up to 2⁶² would fit; 48 levels are more shards than any batch has.
    private static var maximumLevels: Int { 48 }

    /// - Parameter shardCount: the most shards that one root will hold.
    public init(length: Int, merge: RecordMerge, shardCount: Int) {
        self.length = length
        self.merge = merge
        let levelCount = Int.bitWidth - max(shardCount, 1).leadingZeroBitCount + 1
        require(levelCount <= Self.maximumLevels, "\(shardCount) shards are too many")
        levels = AlignedBuffer(count: levelCount * length)
    }

    /// Computes the record of root `root`; an empty shard contributes nothing.
    ///
    /// - Parameters:
    ///   - result: receives the record; untouched when the root holds no row.
    ///   - partial: writes the record of the shard with the given rows; called in shard order, for non-empty shards only.
    /// - Returns: whether the root holds any row.
    /// - Complexity: one `partial` a shard; no allocation.
    @discardableResult
    public func reduce(
        root: Int, of layout: ShardLayout, into result: UnsafeMutablePointer<Element>,
        partial: (_ rows: Range<Int>, _ record: UnsafeMutablePointer<Element>) -> Void
    ) -> Bool {
        let shards = layout.roots[root]
        // Depth of the stack of finished subtrees, and for each whether it holds a row (a bit each).
        var depth = 0
        var present: UInt64 = 0
        for (leaf, shard) in shards.enumerated() {
            let rows = layout.rows(of: shard)
            setPresent(&present, depth, !rows.isEmpty)
            if !rows.isEmpty { partial(rows, level(depth)) }
            depth += 1
            for _ in 0..<(leaf + 1).trailingZeroBitCount { mergeTop(&depth, &present) }
        }
        while depth > 1 { mergeTop(&depth, &present) }
        guard present & 1 != 0 else { return false }
        result.update(from: level(0), count: length)
        return true
    }

    private func level(_ index: Int) -> UnsafeMutablePointer<Element> {
        require((index + 1) * length <= levels.count, "more shards in a root than the accumulator was made for")
        return levels.base + index * length
    }

    private func setPresent(_ present: inout UInt64, _ index: Int, _ value: Bool) {
        present = value ? present | (1 << UInt64(index)) : present & ~(1 << UInt64(index))
    }

    private func mergeTop(_ depth: inout Int, _ present: inout UInt64) {
        depth -= 1
        guard present & (1 << UInt64(depth)) != 0 else { return }
        if present & (1 << UInt64(depth - 1)) != 0 {
            merge.merge(level(depth), into: level(depth - 1), length: length)
        } else {
            level(depth - 1).update(from: level(depth), count: length)
            setPresent(&present, depth - 1, true)
        }
    }
}
