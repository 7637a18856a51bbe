import Core
import Distributed
import Testing

@Suite struct NodeReductionTests {
    /// Full batches, ragged ones, and batches with fewer rows than shards, so that some shards and roots are absent.
    @Test(arguments: 1...16, [true, false])
    func anyNumberOfRanksGivesTheBitsOfOne(shards: Int, isShared: Bool) throws {
        for ranks in 1...16 {
            for rows in ReductionScenario.batches(shards) {
                let scenario = ReductionScenario(
                    shards: shards, rows: rows, shapes: [[19, 31], [5], [3, 700]], isShared: isShared)
                let violations = try ThreadCommunicator.run(size: ranks) { scenario.violations(of: $0) }
                #expect(violations.flatMap { $0 } == [])
            }
        }
    }

    /// A batch taken in several passes, of any number of shards each.
    @Test(arguments: [(6, 3), (7, 7), (8, 1), (8, 2), (8, 4), (8, 8), (12, 2), (12, 3), (12, 4), (12, 6), (15, 5)])
    func anyNumberOfPassesGivesTheBitsOfOne(shards: Int, passes: Int) throws {
        for ranks in [1, 2, 3, 5, 8] {
            for rows in ReductionScenario.batches(shards) {
                for isShared in [true, false] {
                    let scenario = ReductionScenario(
                        shards: shards, rows: rows, passes: passes, shapes: [[19, 31], [3, 700]], isShared: isShared)
                    let violations = try ThreadCommunicator.run(size: ranks) { scenario.violations(of: $0) }
                    #expect(violations.flatMap { $0 } == [])
                }
            }
        }
    }

    /// Nodes of as many ranks, and of different numbers; a node's ranks neighbours, and not; a node of one rank.
    @Test(
        arguments: [
            ["a", "a", "b", "b"], ["a", "b", "a", "b"], ["b", "a", "b", "c", "a"], ["a", "a", "a", "b"],
            ["a", "b", "b", "b", "b", "c", "c"], ["a", "b", "c", "d"],
        ], [(8, 61, 1), (8, 5, 1), (7, 40, 1), (16, 64, 1), (3, 12, 1), (8, 61, 4), (12, 30, 3)])
    func ranksOnSeveralNodesGiveTheBitsOfOne(hosts: [String], batch: (Int, Int, Int)) throws {
        let (shards, rows, passes) = batch
        let scenario = ReductionScenario(shards: shards, rows: rows, passes: passes)
        let violations = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) {
            scenario.violations(of: $0)
        }
        #expect(violations.flatMap { $0 } == [])
    }

    /// An arena in several buckets, of which an owner has a part each, or none.
    @Test(
        arguments: [["a", "b"], ["a", "a", "b"], ["a", "b", "a", "b"], ["a", "b", "c", "a", "a"]],
        [(8, 61, 1), (8, 5, 1), (7, 40, 1), (12, 30, 3)])
    func bucketsGiveTheBitsOfOne(hosts: [String], batch: (Int, Int, Int)) throws {
        let (shards, rows, passes) = batch
        for buckets in 2...4 {
            let scenario = ReductionScenario(shards: shards, rows: rows, passes: passes, buckets: buckets)
            let violations = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) {
                scenario.violations(of: $0)
            }
            #expect(violations.flatMap { $0 } == [])
            // The same while the backward pass goes on. What is sent is read as late as may be: nobody has written there by then.
            let deferred = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) {
                scenario.violations(of: DeferringCommunicator($0), trial: OverlapTrial(always: true))
            }
            #expect(deferred.flatMap { $0 } == [])
        }
    }

    /// Without the tree the number of ranks shows in the bits: the property above is not vacuous.
    @Test func runningSumsDependOnTheRanks() {
        var differing = 0
        var cases = 0
        for shards in 4...16 {
            let scenario = ReductionScenario(shards: shards, rows: shards * 4)
            for ranks in 2...8 {
                cases += 1
                let differs = zip(scenario.runningSums(ranks: ranks), scenario.expected).contains {
                    $0.bitPattern != $1.bitPattern
                }
                differing += differs ? 1 : 0
            }
        }
        #expect(differing * 2 > cases, "\(differing) of \(cases) cases differ")
    }

    /// One rank's gradient is the arena's own: nothing is copied.
    @Test func oneRankCopiesNothing() {
        let scenario = ReductionScenario(shards: 8, rows: 64)
        let arena = scenario.arena()
        let assignment = ShardAssignment(shards: 8, hostNames: ["h"])
        let memory = ParameterWindow<Float>(
            SingleCommunicator(), storageCount: arena.storageCount, assignment: assignment)
        arena.seal(rootCount: 1, values: memory.values, gradients: memory.ownGradients(roots: 1))
        let reduction = NodeReduction(
            communicator: SingleCommunicator(), memory: memory, blocks: ParameterBlocks(arena.parameters),
            assignment: assignment)
        #expect(reduction.reduce(assignment.partitions(rows: 64, rank: 0)[0]) == arena.gradients(root: 0))
    }
}
