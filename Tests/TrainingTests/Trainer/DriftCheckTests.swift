import Core
import Distributed
import Testing
import Training

@Suite struct DriftCheckTests {
    private static let yaml = SmallData.yaml + "\ndriftChecks: {every: 3}"

    /// Trains `steps` steps on `ranks` ranks; `change` does something to a rank's trainer after each. What is found first
    /// stays, however the steps after it are.
    private static func findings(
        ranks: Int, steps: Int, yaml: String = Self.yaml, change: @escaping @Sendable (Trainer, Int) -> Void
    ) throws -> [Drift?] {
        let configuration = try Configuration(yaml: yaml)
        let hosts = (0..<ranks).map { "node\($0)" }
        return try ThreadCommunicator.run(size: ranks, hostNames: hosts) { communicator in
            let trainer = try Trainer(configuration, datasets: SmallData.datasets, communicator: communicator)
            for step in 0..<steps {
                _ = trainer.step(step)
                change(trainer, step + 1)
            }
            return trainer.driftCheck.finding ?? trainer.driftCheck.verify(steps: steps)
        }
    }

    /// Flips the lowest bit of the first element of a parameter or buffer.
    private static func flip(_ tensor: String, in trainer: Trainer) {
        let arena = trainer.network.arena
        let values =
            arena.parameters.first { $0.name == tensor }.map { arena.values + $0.offset }
            ?? arena.buffers.first { $0.name == tensor }.map { arena.bufferValues + $0.offset }!
        values[0] = Float(bitPattern: values[0].bitPattern ^ 1)
    }

    @Test(arguments: [1, 2, 3, 5, 8, 11])
    func soundMemoryIsNotAccused(ranks: Int) throws {
        #expect(try Self.findings(ranks: ranks, steps: 10) { _, _ in }.allSatisfy { $0 == nil })
    }

    /// Step 6 is hashed as it is written; the change is found before step 7 is written.
    @Test(arguments: [1, 2, 3, 5, 8], ["linear1/weight", "batchnorm1/beta", "linear3/bias"])
    func aFlippedParameterIsFoundOnItsRank(ranks: Int, tensor: String) throws {
        for victim in Set([0, ranks / 2, ranks - 1]) {
            let findings = try Self.findings(ranks: ranks, steps: 10) { trainer, step in
                if step == 6, trainer.communicator.rank == victim { Self.flip(tensor, in: trainer) }
            }
            for case let finding in findings {
                let finding = try #require(finding)
                #expect(finding.tensor == tensor && finding.rank == victim && finding.step == 6)
                #expect(finding.suspects == "node\(victim)" && finding.elements.contains(0))
            }
        }
    }

    @Test func ownersAndCopiesAreToldApart() throws {
        let owned = try Self.findings(ranks: 3, steps: 9) { trainer, step in
            if step == 6, trainer.communicator.rank == 0 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(owned.allSatisfy { $0?.kind == .changedSinceWritten })
        let copy = try Self.findings(ranks: 3, steps: 9) { trainer, step in
            if step == 6, trainer.communicator.rank == 2 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(copy.allSatisfy { $0?.kind == .copyOfOwner(rank: 0) })
    }

    /// Between two checks only a comparison of the copies, as before a checkpoint, finds a change.
    @Test func copiesAreComparedWithoutARecord() throws {
        let findings = try Self.findings(ranks: 3, steps: 5) { trainer, step in
            if step == 5, trainer.communicator.rank == 1 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(findings.allSatisfy { $0?.rank == 1 && $0?.step == 5 })
    }

    /// Nothing says that the owner's memory is not what it wrote, but no other rank has the same.
    @Test(arguments: [3, 5, 8])
    func anOwnerUnlikeAllCopiesIsNamed(ranks: Int) throws {
        let findings = try Self.findings(ranks: ranks, steps: 5) { trainer, step in
            if step == 5, trainer.communicator.rank == 0 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(findings.allSatisfy { $0?.rank == 0 && $0?.kind == .unlikeMostRanks && $0?.tensor == "linear1/weight" })
    }

    /// Of two ranks nobody can tell which is right, unless the owner recorded what it wrote.
    @Test(arguments: [0, 1], ["linear1/weight", "batchnorm1/running_mean"])
    func twoRanksAreBothSuspect(victim: Int, tensor: String) throws {
        let findings = try Self.findings(ranks: 2, steps: 5) { trainer, step in
            if step == 5, trainer.communicator.rank == victim { Self.flip(tensor, in: trainer) }
        }
        for finding in findings {
            let finding = try #require(finding)
            #expect(finding.kind == .unlikeRank(0, hostName: "node0") && finding.rank == 1 && finding.tensor == tensor)
            #expect(finding.suspects == "node1 or node0")
            #expect("\(finding)".contains("differs from what rank 0 has, and no majority of the ranks tells"))
        }
    }

    /// A comparison in between, as before a checkpoint and after a step that is no number, does not end the watch.
    @Test(arguments: [1, 3], [1, 2, 3])
    func aComparisonLeavesTheOwnersWatched(every: Int, ranks: Int) throws {
        let yaml = SmallData.yaml + "\ndriftChecks: {every: \(every)}"
        let findings = try Self.findings(ranks: ranks, steps: 4, yaml: yaml) { trainer, step in
            guard step == 3 else { return }
            #expect(trainer.driftCheck.verify(steps: 3) == nil)
            if trainer.communicator.rank == 0 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(
            findings.allSatisfy { $0?.kind == .changedSinceWritten && $0?.rank == 0 && $0?.step == 3 }, "\(findings)")
    }

    @Test(arguments: [3, 5])
    func aFlippedStatisticIsFound(ranks: Int) throws {
        let findings = try Self.findings(ranks: ranks, steps: 10) { trainer, step in
            if step == 8, trainer.communicator.rank == ranks - 1 { Self.flip("batchnorm1/running_mean", in: trainer) }
        }
        for finding in findings {
            #expect(finding?.kind == .unlikeMostRanks && finding?.tensor == "batchnorm1/running_mean")
            #expect(finding?.rank == ranks - 1)
        }
    }

    @Test func zeroSwitchesItOff() throws {
        let yaml = SmallData.yaml + "\ndriftChecks: {every: 0}"
        let findings = try Self.findings(ranks: 3, steps: 10, yaml: yaml) { trainer, step in
            if trainer.communicator.rank == 2 { Self.flip("linear1/weight", in: trainer) }
        }
        #expect(findings.allSatisfy { $0 == nil })
    }

    @Test func theResultDoesNotDependOnIt() throws {
        #expect(try Configuration(yaml: Self.yaml).resultYAML == Configuration(yaml: SmallData.yaml).resultYAML)
    }
}
