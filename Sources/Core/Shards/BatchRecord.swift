/// One record over the global batch, or over one pass of it: shard partials, merged along the tree on this rank, then over
/// all ranks.
public final class BatchRecord<Element: TrainingScalar> {
    private let accumulator: ShardAccumulator<Element>
    private let merge: RecordMerge
    private let roots: AlignedBuffer<Element>
    private let scope: BatchScope
    /// The record; over the batch, between its passes, the finished subtrees' records.
    private let result: AlignedBuffer<Element>

    /// - Parameters:
    ///   - length: the elements of one record.
    ///   - scope: whether the record is that of a pass, or of the batch with all its passes.
    ///   - limits: the most shards and roots that a pass will have, and the most that waits between passes.
    public init(length: Int, merge: RecordMerge, over scope: BatchScope = .pass, limits: PassLimits) {
        self.merge = merge
        self.scope = scope
        accumulator = ShardAccumulator(length: length, merge: merge, shardCount: limits.shards)
        roots = AlignedBuffer(count: length * max(limits.roots, 1))
        result = AlignedBuffer(count: length * max(scope == .batch ? limits.waiting : 1, 1))
    }

    /// Computes the record; `partial` writes that of one shard.
    ///
    /// - Returns: the record, valid until the next call; over the batch, complete after its last pass.
    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    /// - Complexity: no allocation.
    public func reduce(
        _ context: PassContext, partial: (_ rows: Range<Int>, _ record: UnsafeMutablePointer<Element>) -> Void
    ) -> UnsafePointer<Element> {
        let length = accumulator.length
        for root in context.shards.roots.indices {
            accumulator.reduce(
                root: root, of: context.shards, into: roots.base + root * length, partial: partial)
        }
        context.batchReduction.reduce(
            roots.base, length: length, merge: merge, layout: context.shards, over: scope, into: result.base)
        return UnsafePointer(result.base)
    }
}
