/// One record over the global batch: shard partials, merged along the tree on this rank, then over all ranks.
public final class BatchRecord<Element: TrainingScalar> {
    private let accumulator: ShardAccumulator<Element>
    private let merge: RecordMerge
    private let roots: AlignedBuffer<Element>
    private let result: AlignedBuffer<Element>

    /// - Parameters:
    ///   - length: the elements of one record.
    ///   - limits: the most shards and roots that a pass will have.
    public init(length: Int, merge: RecordMerge, limits: PassLimits) {
        self.merge = merge
        accumulator = ShardAccumulator(length: length, merge: merge, shardCount: limits.shards)
        roots = AlignedBuffer(count: length * max(limits.roots, 1))
        result = AlignedBuffer(count: length)
    }

    /// Computes the record of the global batch; `partial` writes that of one shard.
    ///
    /// - Returns: the record, valid until the next call.
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
            roots.base, length: length, merge: merge, layout: context.shards, into: result.base)
        return UnsafePointer(result.base)
    }
}
