import Core

/// How one pass of a batch is cut over the ranks, seen from one of them: which rows are its own, and which roots are summed
/// how. A batch is one pass, or with `accumulationSteps` several.
public struct BatchPartition: Sendable {
    /// The rank whose view this is.
    public let rank: Int
    /// The rows of the batch over all ranks and passes.
    public let globalRows: Int
    /// The rows of this pass over all ranks.
    public let passRows: Int
    /// The first row of this rank in this pass, within the batch.
    public let firstRow: Int
    /// This rank's rows in their shards, and its roots.
    public let layout: ShardLayout
    /// For each rank, how many of its roots hold a row: always its first ones. The others are absent from every sum.
    public let presentRoots: [Int]
    /// How the present roots of all ranks, one after the other in rank order, become the sum of this pass.
    public let passPlan: MergePlan
    /// How they take their place in the sum of the batch.
    public let batchPlan: MergePlan

    /// This rank's rows within the batch.
    public var rows: Range<Int> { firstRow..<(firstRow + layout.rows) }

    /// The plan of what is summed over `scope`.
    func plan(over scope: BatchScope) -> MergePlan {
        switch scope {
        case .pass: passPlan
        case .batch: batchPlan
        }
    }
}
