import Core
import Distributed
import Testing

@Suite struct CommunicatorBatchReductionTests {
    /// Three ranks with 334, 333 and 333 rows; more ranks than shards; shards without rows.
    @Test(arguments: [(3, 1000, 3), (3, 1000, 5), (8, 1000, 3), (8, 5, 3), (8, 1, 4), (7, 100, 4)])
    func momentsAreThoseOfTheWholeBatch(shards: Int, rows: Int, ranks: Int) throws {
        let scenario = MomentsScenario(shards: shards, rows: rows)
        let violations = try ThreadCommunicator.run(size: ranks) { scenario.violations(of: $0) }
        #expect(violations.flatMap { $0 } == [])
    }

    /// The bound of the test above is one that the naive formula misses.
    @Test func aDifferenceOfSquaresMissesTheBound() {
        let scenario = MomentsScenario()
        let errors = (0..<scenario.channels).map {
            abs(scenario.differenceOfSquares(channel: $0) / scenario.expected(channel: $0).variance - 1)
        }
        #expect(errors.max()! > 1e-6, "\(errors)")
    }

    /// Records of another length and another type, one after the other, as layers ask for them.
    @Test func recordsOfSeveralLengthsTakeTurns() throws {
        let results = try ThreadCommunicator.run(size: 3) { communicator in
            let assignment = ShardAssignment(shards: 8, hostNames: communicator.hostNames)
            let partition = assignment.partitions(rows: 100, rank: communicator.rank)[0]
            let reduction = CommunicatorBatchReduction(communicator: communicator)
            reduction.begin(partition)
            var failures = 0
            func sum<Element: TrainingScalar>(_ length: Int, _ type: Element.Type) {
                // Record element i of a shard is its rows times i.
                let roots = partition.layout.roots.flatMap { root in
                    (0..<length).map { i in
                        Element(Double(root.map { partition.layout.rows(of: $0).count * i }.reduce(0, +)))
                    }
                }
                var result = [Element](repeating: .zero, count: length)
                reduction.reduce(
                    roots, length: length, merge: .sum, layout: partition.layout, over: .pass, into: &result)
                if result != (0..<length).map({ Element(Double(100 * $0)) }) { failures += 1 }
            }
            for _ in 0..<2 {
                sum(3, Double.self)
                sum(1000, Float.self)
                sum(1, Dual<Double>.self)
            }
            return failures
        }
        #expect(results == [0, 0, 0])
    }

    /// Sums in Double, of numbers that show in which order they were added, over a pass and over the batch's passes.
    @Test(arguments: [(8, 1), (8, 4), (8, 8), (12, 6), (13, 1), (7, 7), (16, 8)])
    func sumsFollowTheTree(shards: Int, passes: Int) throws {
        @Sendable func leaf(_ shard: Int) -> Double {
            Double.exp(Double.sin(Double(shard * shard + 1)) * 12 + Double(shard % 3))
        }
        func tree(_ range: Range<Int>, _ present: Int) -> Double? {
            if range.count == 1 { return range.lowerBound < present ? leaf(range.lowerBound) : nil }
            let middle = ShardTree.split(range)
            guard let left = tree(range.lowerBound..<middle, present) else { return nil }
            return tree(middle..<range.upperBound, present).map { left + $0 } ?? left
        }
        for hosts in [["a"], ["a", "a", "a"], ["b", "a", "b", "c", "a"], [String](repeating: "a", count: 16)] {
            for rows in [3 * shards + 1, shards, shards - 2] {
                let sums = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) { communicator in
                    let rank = communicator.rank
                    let assignment = ShardAssignment(shards: shards, passes: passes, hostNames: communicator.hostNames)
                    let reduction = CommunicatorBatchReduction(communicator: communicator)
                    let record = BatchRecord<Double>(
                        length: 1, merge: .sum, over: .batch,
                        limits: assignment.limits(of: rank, globalBatchSize: rows))
                    let whole = ShardLayout(rows: rows, shards: shards)
                    var sum = 0.0
                    for partition in assignment.partitions(rows: rows, rank: rank) {
                        reduction.begin(partition)
                        let context = PassContext(
                            mode: .training, seed: 0, step: 0, globalRows: rows, passRows: partition.passRows,
                            firstPosition: partition.firstRow, shards: partition.layout, batchReduction: reduction)
                        sum =
                            record.reduce(context) { rows, partial in
                                partial[0] = leaf(
                                    (0..<shards).first {
                                        whole.rows(of: $0).lowerBound == partition.firstRow + rows.lowerBound
                                    }!)
                            }[0]
                    }
                    return sum
                }
                let wanted = tree(0..<shards, min(rows, shards))!
                #expect(sums.allSatisfy { $0.bitPattern == wanted.bitPattern }, "\(hosts.count) ranks, \(rows) rows")
            }
        }
    }
}
