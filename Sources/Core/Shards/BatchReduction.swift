/// Where a layer gets sums over the global batch from; what a rank is stays unknown to it.
///
/// A batchnorm layer reduces its shards to one record a root (`ShardAccumulator`) and asks for the record of the whole
/// batch; so does the loss. One rank alone answers from its own roots; several exchange them and merge in tree order.
public protocol BatchReduction: AnyObject {
    /// Merges the records of the roots of all ranks along the fixed tree.
    ///
    /// - Parameters:
    ///   - roots: one record for each root of the pass's layout, one after the other; those of empty roots are not read.
    ///   - length: the elements of one record, the same on every rank.
    ///   - scope: whether the record is that of this pass, or goes on from pass to pass of the batch.
    ///   - records: first the record of the scope, the same bits on every rank. Over the batch it is complete after the last
    ///     pass; until then memory for `PassLimits.waiting` records, which the caller leaves as they are.
    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into records: UnsafeMutablePointer<Element>)
}

/// The reduction of one rank that holds the whole batch in one pass: its only root is the tree's root.
public final class SingleBatchReduction: BatchReduction {
    public init() {}

    public func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into records: UnsafeMutablePointer<Element>
    ) {
        require(layout.roots.count == 1, "a single rank exports one root, not \(layout.roots.count)")
        require(!layout.isEmpty(root: 0), "the global batch is empty")
        records.update(from: roots, count: length)
    }
}
