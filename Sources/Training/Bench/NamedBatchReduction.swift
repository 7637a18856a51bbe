import Core
import Distributed

/// Sums over the batch that say whether batchnorm or the loss waits.
final class NamedBatchReduction: BatchReduction {
    private let base: any BatchReduction
    private let waits: WaitCounter

    init(_ base: any BatchReduction, waits: WaitCounter) {
        self.base = base
        self.waits = waits
    }

    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into records: UnsafeMutablePointer<Element>
    ) {
        waits.naming(scope == .batch ? .loss : .batchStatistics) {
            base.reduce(roots, length: length, merge: merge, layout: layout, over: scope, into: records)
        }
    }
}
