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
}
