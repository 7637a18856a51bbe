/// The reduction of one process that holds every root of a batch of one pass, as if several ranks had exported them: the checks
/// and tests see the merging of partials without any rank.
public final class TreeBatchReduction: BatchReduction {
    public init() {}

    public func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into records: UnsafeMutablePointer<Element>
    ) {
        let record = Self.merged(length: length, merge: merge, layout: layout) { roots + $0 * length }
        guard let record else { fatalError("the global batch is empty") }
        records.update(from: record, count: length)
    }

    /// Merges one record a root along the tree over all shards of `layout`; nil if no root holds a row.
    ///
    /// - Parameter record: the record of a root that holds a row.
    /// - Precondition: every root is a subtree of the tree over all shards.
    public static func merged<Element: TrainingScalar>(
        length: Int, merge: RecordMerge, layout: ShardLayout, record: (_ root: Int) -> UnsafePointer<Element>
    ) -> [Element]? {
        func visit(_ node: Range<Int>) -> [Element]? {
            if let root = layout.roots.firstIndex(of: node) {
                return layout.isEmpty(root: root)
                    ? nil : Array(UnsafeBufferPointer(start: record(root), count: length))
            }
            let middle = ShardTree.split(node)
            let left = visit(node.lowerBound..<middle)
            let right = visit(middle..<node.upperBound)
            guard var left else { return right }
            guard let right else { return left }
            left.withUnsafeMutableBufferPointer { left in
                merge.merge(right, into: left.baseAddress!, length: length)
            }
            return left
        }
        return visit(0..<layout.shardCount)
    }
}
