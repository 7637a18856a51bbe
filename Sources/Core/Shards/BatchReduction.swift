/// Where a layer gets sums over the global batch from; what a rank is stays unknown to it.
///
/// A batchnorm layer reduces its shards to one record a root (`ShardAccumulator`) and asks for the record of the whole
/// batch; so does the loss. One rank alone answers from its own roots; several exchange them and merge in tree order.
public protocol BatchReduction: AnyObject {
    /// Merges the records of all roots of the global batch along the fixed tree.
    ///
    /// - Parameters:
    ///   - roots: one record for each root of the pass's layout, one after the other; those of empty roots are not read.
    ///   - length: the elements of one record, the same on every rank.
    ///   - result: receives the record of the whole batch, the same bits on every rank.
    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout,
        into result: UnsafeMutablePointer<Element>)
}

/// The reduction of one rank that holds the whole batch: its only root is the tree's root.
public final class SingleBatchReduction: BatchReduction {
    public init() {}

    public func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout,
        into result: UnsafeMutablePointer<Element>
    ) {
        require(layout.roots.count == 1, "a single rank exports one root, not \(layout.roots.count)")
        require(!layout.isEmpty(root: 0), "the global batch is empty")
        result.update(from: roots, count: length)
    }
}
