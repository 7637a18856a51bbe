/// The one binary tree over the shard index by which everything is summed.
///
/// A range splits at the largest power of two below its length, down to single shards. The tree depends on the number of
/// shards alone, so a sum taken along it has the same bits whoever holds which shards.
public enum ShardTree {
    /// Where a node of the tree over `range` splits: `range.lowerBound` plus the largest power of two below its length.
    ///
    /// - Precondition: `range` has at least two shards.
    public static func split(_ range: Range<Int>) -> Int {
        require(range.count > 1, "a single shard does not split")
        return range.lowerBound + (1 << (Int.bitWidth - 1 - (range.count - 1).leadingZeroBitCount))
    }

    /// The roots of the maximal subtrees of the tree over `0..<shards` that lie inside `range`, in order.
    ///
    /// With 8 shards, `0..<3` gives `0..<2` and `2..<3`; `3..<6` gives `3..<4` and `4..<6`.
    public static func maximalSubtrees(of range: Range<Int>, shards: Int) -> [Range<Int>] {
        var roots: [Range<Int>] = []
        func visit(_ node: Range<Int>) {
            guard node.overlaps(range) else { return }
            if range.lowerBound <= node.lowerBound && node.upperBound <= range.upperBound {
                roots.append(node)
                return
            }
            let middle = split(node)
            visit(node.lowerBound..<middle)
            visit(middle..<node.upperBound)
        }
        if shards > 0 && !range.isEmpty { visit(0..<shards) }
        return roots
    }
}
