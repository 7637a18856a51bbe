import Core
import Distributed
import Testing

@Suite struct ShardAssignmentTests {
    private func hosts(_ count: Int) -> [String] { [String](repeating: "h", count: count) }

    @Test func threeRanksShareEightShards() {
        let assignment = ShardAssignment(shards: 8, hostNames: hosts(3))
        #expect((0..<3).map { assignment.shards(of: $0) } == [0..<3, 3..<6, 6..<8])
        #expect((0..<3).map { assignment.roots(of: $0) } == [[0..<2, 2..<3], [3..<4, 4..<6], [6..<8]])
        #expect(assignment.idleRanks == 0)
    }

    @Test func ranksAreNumberedNodeByNode() {
        // mpirun --map-by node: nodes a and b in turn.
        let assignment = ShardAssignment(shards: 8, hostNames: ["a", "b", "a", "b", "a"])
        #expect((0..<5).map { assignment.shards(of: $0) } == [0..<2, 6..<7, 2..<4, 7..<8, 4..<6])
    }

    @Test func ranksBeyondTheShardsAreIdle() {
        let assignment = ShardAssignment(shards: 3, hostNames: hosts(5))
        #expect((0..<5).map { assignment.shards(of: $0).count } == [1, 1, 1, 0, 0])
        #expect(assignment.idleRanks == 2)
        let partition = assignment.partitions(rows: 10, rank: 4)[0]
        #expect(partition.layout.rows == 0 && partition.layout.shardCount == 0 && partition.layout.roots.isEmpty)
        let limits = assignment.limits(of: 4, globalBatchSize: 10)
        #expect(limits.rows == 0 && limits.shards == 0 && limits.roots == 0)
    }

    /// Every row belongs to exactly one rank, in the shards that one rank alone would have; limits hold for every batch.
    @Test(arguments: 1...16)
    func partitionsCoverTheBatch(shards: Int) {
        for ranks in 1...16 {
            let assignment = ShardAssignment(shards: shards, hostNames: hosts(ranks))
            for rows in 1...40 {
                let whole = ShardLayout(rows: rows, shards: shards)
                var covered: [Int] = []
                for rank in 0..<ranks {
                    let partition = assignment.partitions(rows: rows, rank: rank)[0]
                    covered += partition.rows
                    for (local, shard) in assignment.shards(of: rank).enumerated() {
                        let local = partition.layout.rows(of: local)
                        #expect(
                            (local.lowerBound + partition.firstRow)..<(local.upperBound + partition.firstRow)
                                == whole.rows(of: shard))
                    }
                    let present = (0..<partition.layout.roots.count).filter { !partition.layout.isEmpty(root: $0) }
                    #expect(present == Array(0..<partition.presentRoots[rank]))
                    let limits = assignment.limits(of: rank, globalBatchSize: 40)
                    #expect(partition.layout.rows <= limits.rows)
                    #expect(
                        partition.layout.shardCount <= limits.shards && partition.layout.roots.count <= limits.roots)
                }
                #expect(covered == Array(0..<rows))
            }
        }
    }
}
