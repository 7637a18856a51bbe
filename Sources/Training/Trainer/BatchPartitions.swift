import Core
import Distributed

/// How this rank takes part in batches of each size that occurs: made once a size, so that a step allocates nothing.
final class BatchPartitions {
    /// The most that any pass will bring.
    let limits: PassLimits
    let assignment: ShardAssignment
    private let communicator: any Communicator
    private let partitionReduction: CommunicatorBatchReduction
    private let batchReduction: any BatchReduction
    private var partitions: [Int: BatchPartition] = [:]

    init(
        _ assignment: ShardAssignment, communicator: any Communicator, maximumRows: Int, mechanisms: Mechanisms
    ) {
        self.assignment = assignment
        self.communicator = communicator
        limits = assignment.limits(of: communicator.rank, globalBatchSize: maximumRows)
        partitionReduction = CommunicatorBatchReduction(communicator: communicator)
        batchReduction = mechanisms.batchReduction(partitionReduction, communicator)
    }

    /// Begins a pass over a batch of `rows` rows.
    func begin(rows: Int) -> (BatchPartition, any BatchReduction) {
        let partition: BatchPartition
        if let known = partitions[rows] {
            partition = known
        } else {
            partition = assignment.partition(rows: rows, rank: communicator.rank)
            partitions[rows] = partition
        }
        partitionReduction.begin(partition)
        return (partition, batchReduction)
    }
}
