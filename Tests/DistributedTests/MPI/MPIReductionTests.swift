import Core
import Distributed
import Testing

@Suite(.enabled(if: MPIEnvironment.isLaunched, "needs mpirun: launch/test-ranks"), .serialized)
struct MPIReductionTests {
    @Test(arguments: [1, 3, 8, 13], [true, false])
    func processesGiveTheBitsOfOneRank(shards: Int, isShared: Bool) {
        for rows in ReductionScenario.batches(shards) {
            let scenario = ReductionScenario(shards: shards, rows: rows, isShared: isShared)
            #expect(scenario.violations(of: MPIWorld.communicator) == [])
        }
    }

    @Test(arguments: [(8, 2), (8, 4), (12, 2), (7, 7)], [true, false])
    func passesGiveTheBitsOfOneRank(cut: (Int, Int), isShared: Bool) {
        let (shards, passes) = cut
        for rows in ReductionScenario.batches(shards) {
            let scenario = ReductionScenario(shards: shards, rows: rows, passes: passes, isShared: isShared)
            #expect(scenario.violations(of: MPIWorld.communicator) == [])
        }
    }

    /// As many parameters as the default network has: messages that MPI does not send at once.
    @Test func longSlicesGiveTheBitsOfOneRank() {
        let scenario = ReductionScenario(shards: 8, rows: 256, shapes: [[784, 256], [256], [256, 128], [128, 10]])
        #expect(scenario.violations(of: MPIWorld.communicator) == [])
    }

    /// Gradients that cross while others are still to come, in messages of several pieces: each rank is a node.
    @Test(arguments: [(8, 1), (7, 1), (12, 3)], [true, false])
    func bucketsGiveTheBitsOfOneRank(cut: (Int, Int), overlaps: Bool) {
        let (shards, passes) = cut
        for rows in ReductionScenario.batches(shards) {
            let scenario = ReductionScenario(
                shards: shards, rows: rows, passes: passes, shapes: [[300, 200], [200], [200, 300], [1], [70, 500]],
                isShared: false, buckets: 4)
            let trial = OverlapTrial(always: overlaps)
            #expect(scenario.violations(of: MPIWorld.communicator, trial: trial) == [])
        }
    }

    @Test func momentsAreThoseOfTheWholeBatch() {
        #expect(MomentsScenario().violations(of: MPIWorld.communicator) == [])
    }
}
