import Distributed
import Testing

@Suite struct SharedWindowTests {
    /// All ranks of a node, nodes of different sizes with neighbouring ranks apart, and every rank alone.
    private static let hosts = [
        ["a"], ["a", "a"], ["a", "a", "a", "a", "a"], ["a", "b", "a", "b", "c"], ["a", "a", "b", "b"], ["a", "b", "c"],
    ]

    /// Collectives through memory are those of any communicator: short ones fit a message, long ones do not.
    @Test(arguments: hosts)
    func collectivesKeepTheContract(hosts: [String]) throws {
        let violations = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) { communicator in
            WindowScenario.contractViolations(of: communicator)
        }
        #expect(violations.flatMap { $0 } == [])
    }

    @Test(arguments: hosts, [true, false])
    func partsAreSeenByNeighboursAlone(hosts: [String], isShared: Bool) throws {
        let violations = try ThreadCommunicator.run(size: hosts.count, hostNames: hosts) { communicator in
            WindowScenario.memoryViolations(of: communicator, isShared: isShared)
        }
        #expect(violations.flatMap { $0 } == [])
    }

    /// More waits than ranks can do without sleeping, by more ranks than CPUs: nobody goes on early, nobody is left behind.
    @Test(arguments: [2, 3, 8])
    func nobodyPassesAWaitAlone(ranks: Int) throws {
        let violations = try ThreadCommunicator.run(size: ranks) { WindowScenario.waitViolations(of: $0, rounds: 2000) }
        #expect(violations.flatMap { $0 } == [])
    }

    private struct Refusal: Error, Equatable {}

    /// A rank that fails while the others sleep in a wait ends them.
    @Test func aRankThatThrowsEndsThoseThatWait() {
        #expect(throws: Refusal()) {
            try ThreadCommunicator.run(size: 3) { communicator in
                let window = try SharedWindow(communicator, sharedBytes: 8, bytesOfRank: [8, 8, 8])
                if communicator.rank == 1 { throw Refusal() }
                window.waitForNode()
            }
        }
    }

    @Test func nodesAreNumberedByTheirFirstRanks() {
        let nodes = Nodes(rank: 4, keys: ["b", "a", "b", "c", "a"])
        #expect(nodes.nodeOfRank == [0, 1, 0, 2, 1] && nodes.members == [[0, 2], [1, 4], [3]])
        #expect(nodes.own == 1 && nodes.place == 1 && !nodes.isFirst && nodes.neighbours == [1, 4])
        // Rank 2 is the second of its node, so the second of another deals with it, and a lone rank with everybody.
        #expect(nodes.helper(of: 2, on: 1) == 4 && nodes.helper(of: 2, on: 2) == 3 && nodes.helper(of: 0, on: 1) == 1)
    }
}
