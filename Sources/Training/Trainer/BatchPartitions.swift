import Core
import Distributed

/// How this rank takes part in the passes of batches of each size that occurs: made once a size, so that a step allocates
/// nothing.
final class BatchPartitions {
    /// The most that any pass will bring.
    let limits: PassLimits
    let assignment: ShardAssignment
    private let communicator: any Communicator
    /// Sums over the pass at hand and over its batch.
    let reduction: CommunicatorBatchReduction
    private let batchReduction: any BatchReduction
    private var partitions: [Int: [BatchPartition]] = [:]

    init(
        _ assignment: ShardAssignment, communicator: any Communicator, maximumRows: Int, mechanisms: Mechanisms
    ) {
        self.assignment = assignment
        self.communicator = communicator
        limits = assignment.limits(of: communicator.rank, globalBatchSize: maximumRows)
        reduction = CommunicatorBatchReduction(communicator: communicator)
        batchReduction = mechanisms.batchReduction(reduction, communicator)
    }

    /// The passes over a batch of `rows` rows, in their order.
    func passes(rows: Int) -> [BatchPartition] {
        if let known = partitions[rows] { return known }
        let passes = assignment.partitions(rows: rows, rank: communicator.rank)
        partitions[rows] = passes
        return passes
    }

    /// Begins a pass: its sums are those of `partition`.
    func begin(_ partition: BatchPartition) -> any BatchReduction {
        reduction.begin(partition)
        return batchReduction
    }
}
