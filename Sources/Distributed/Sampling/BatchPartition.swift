import Core

/// How one batch is cut over the ranks, seen from one of them: which rows are its own, and which roots are summed how.
public struct BatchPartition: Sendable {
    /// The rank whose view this is.
    public let rank: Int
    /// The rows of the batch over all ranks.
    public let globalRows: Int
    /// The first row of this rank within the batch.
    public let firstRow: Int
    /// This rank's rows in their shards, and its roots.
    public let layout: ShardLayout
    /// For each rank, how many of its roots hold a row: always its first ones. The others are absent from every sum.
    public let presentRoots: [Int]
    /// How the present roots of all ranks, one after the other in rank order, become one.
    public let plan: MergePlan

    init(
        rank: Int, globalRows: Int, firstRow: Int, layout: ShardLayout, presentRoots: [Int], plan: MergePlan
    ) {
        self.rank = rank
        self.globalRows = globalRows
        self.firstRow = firstRow
        self.layout = layout
        self.presentRoots = presentRoots
        self.plan = plan
    }

    /// This rank's rows within the batch.
    public var rows: Range<Int> { firstRow..<(firstRow + layout.rows) }
}
