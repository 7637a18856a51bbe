import Distributed
import Testing

@Suite struct CommunicatorTests {
    @Test func singleKeepsTheContract() {
        #expect(CommunicatorContract.violations(of: SingleCommunicator()) == [])
    }

    @Test(arguments: [1, 2, 3, 4, 5, 8])
    func threadsKeepTheContract(size: Int) throws {
        let violations = try ThreadCommunicator.run(size: size) {
            CommunicatorContract.violations(of: $0, largeBytes: 300_001)
        }
        #expect(violations.flatMap { $0 } == [])
    }

    private struct Refusal: Error, Equatable { let rank: Int }

    @Test(arguments: [0, 3])
    func aThreadThatThrowsEndsTheOthers(thrower: Int) {
        #expect(throws: Refusal(rank: thrower)) {
            try ThreadCommunicator.run(size: 4) { communicator in
                let part = communicator.split(color: communicator.rank % 2, key: 0)!
                if communicator.rank == thrower { throw Refusal(rank: thrower) }
                // One rank waits in the part that the thrower belongs to, the others in the whole.
                part.barrier()
                communicator.barrier()
            }
        }
    }

    @Test func threadsReturnTheirResultsByRank() throws {
        let results = try ThreadCommunicator.run(size: 5, hostNames: ["a", "a", "b", "b", "b"]) {
            "\($0.hostNames[$0.rank])\($0.rank)"
        }
        #expect(results == ["a0", "a1", "b2", "b3", "b4"])
    }
}
