/// The sums of a root's shards as a list of work: which rows one after the other, and after each how many finished
/// subtrees are added to its left.
///
/// It is the binary counter of `ShardAccumulator`, run once for a pass in place of once for every element. Empty shards
/// are absent: what is left is a stack of finished subtrees, and a merge always joins its upper two.
struct ShardSchedule {
    /// One shard that has rows.
    struct Leaf {
        /// Its rows, of X and dY.
        var firstRow: Int
        var count: Int
        /// The finished subtrees that are added to its left, the nearest first.
        var merges: Int
        /// Where the result is put on the stack: the place of the last subtree that was added.
        var level: Int
    }

    private(set) var leaves: UnsafeMutablePointer<Leaf>
    private(set) var count = 0
    /// The rows of all leaves.
    private(set) var rows = 0
    private let capacity: Int

    /// - Parameter capacity: the most shards that one root will hold.
    init(capacity: Int) {
        self.capacity = capacity
        leaves = .allocate(capacity: max(capacity, 1))
    }

    func deallocate() { leaves.deallocate() }

    /// The lowest level of the stack.
    static let firstLevel = 2

    /// The most subtrees that are on the stack at once with `shards` shards.
    static func depth(shards: Int) -> Int { Int.bitWidth - max(shards, 1).leadingZeroBitCount + 1 }

    /// Lays out the work of root `root` for samples of `rowsPerSample` rows.
    ///
    /// - Complexity: a few steps a shard; no allocation.
    mutating func plan(_ layout: ShardLayout, root: Int, rowsPerSample: Int) {
        let shards = layout.roots[root]
        precondition(shards.count <= capacity, "prepared for \(capacity) shards a root, given \(shards.count)")
        count = 0
        self.rows = 0
        // Subtrees of the counter, empty ones too: a bit each, set if it holds rows; and the stack without the empty ones.
        var depth = 0
        var present: UInt64 = 0
        var stacked = Self.firstLevel
        for (index, shard) in shards.enumerated() {
            let rows = layout.rows(of: shard).rows(each: rowsPerSample)
            present &= ~(1 << UInt64(depth))
            if !rows.isEmpty {
                leaves[count] = Leaf(firstRow: rows.lowerBound, count: rows.count, merges: 0, level: stacked)
                count += 1
                self.rows += rows.count
                stacked += 1
                present |= 1 << UInt64(depth)
            }
            depth += 1
            for _ in 0..<(index + 1).trailingZeroBitCount { merge(&depth, &present, &stacked) }
        }
        while depth > 1 { merge(&depth, &present, &stacked) }
    }

    private func merge(_ depth: inout Int, _ present: inout UInt64, _ stacked: inout Int) {
        depth -= 1
        let right: UInt64 = 1 << UInt64(depth)
        guard present & right != 0 else { return }
        if present & (right >> 1) != 0 {
            stacked -= 1
            leaves[count - 1].merges += 1
            leaves[count - 1].level -= 1
        }
        present |= right >> 1
    }
}
