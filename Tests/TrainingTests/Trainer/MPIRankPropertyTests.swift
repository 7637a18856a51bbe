import Distributed
import Testing
import Training

/// The same property on the ranks of the `mpirun` that started the tests.
@Suite(.enabled(if: MPIEnvironment.isLaunched, "needs mpirun: launch/test-ranks"), .serialized)
struct MPIRankPropertyTests {
    /// What differs between one rank and all ranks of the job.
    ///
    /// - Important: Collective.
    private func differences(_ drawn: RankCase, mechanisms: Mechanisms = Mechanisms()) throws -> [String] {
        let world = try MPIEnvironment.world()
        let one = try RankOutcome(drawn, mechanisms: mechanisms, communicator: SingleCommunicator())
        return try RankOutcome(drawn, mechanisms: mechanisms, communicator: world).differences(from: one)
    }

    /// Which cases each rank draws must not depend on the rank: the fixed ones, and fresh ones of rank 0's choice.
    @Test func anyCaseGivesTheSameBits() throws {
        let world = try MPIEnvironment.world()
        let fresh = world.broadcast(RankCase.freshSeeds.first ?? 0, from: 0)
        let freshSeeds = RankCase.freshSeeds.indices.map { fresh + UInt64($0) }
        if world.rank == 0 { RankCase.announce(freshSeeds) }
        for seed in RankCase.fixedSeeds + freshSeeds {
            let drawn = RankCase(seed: seed)
            let found = try differences(drawn)
            #expect(found == [], "rank \(world.rank) of \(world.size), \(drawn)")
        }
    }

    /// Each rank a node of its own, which sends a layer's gradients while it computes those before.
    @Test func gradientsThatCrossWhileRanksComputeGiveTheSameBits() throws {
        var mechanisms = Mechanisms()
        mechanisms.sharesParameters = false
        mechanisms.gradientReduction = {
            NodeReduction(
                communicator: $0, memory: $1, blocks: $2, assignment: $3, trial: OverlapTrial(always: true))
        }
        for seed in RankCase.fixedSeeds {
            let drawn = RankCase(seed: seed)
            mechanisms.bucketBytes = [1, 1000][Int(seed % 2)]
            let found = try differences(drawn, mechanisms: mechanisms)
            #expect(found == [], "\(drawn)")
        }
    }

    /// Each broken mechanism shows as soon as there are ranks, and on one rank it is the real thing.
    @Test(arguments: NegativeControl.allCases)
    func aBrokenMechanismIsCaught(control: NegativeControl) throws {
        let isAlone = try MPIEnvironment.world().size == 1
        let drawn = NegativeControl.sensitiveCase
        #expect(try differences(drawn, mechanisms: control.mechanisms).isEmpty == isAlone)
    }
}
