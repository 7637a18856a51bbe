import Distributed
import Testing

/// Ranks that are threads of several processes; here the processes are threads too; `MPICommunicatorTests` has real ones.
@Suite struct HybridCommunicatorTests {
    @Test(arguments: [(1, 3), (2, 1), (2, 2), (3, 2), (2, 4), (4, 3)])
    func keepsTheContract(processes: Int, threads: Int) throws {
        let violations = try run(processes, threads) {
            CommunicatorContract.violations(of: $0, largeBytes: 100_001, splitsFreely: processes == 1 || threads == 1)
        }
        #expect(violations.flatMap { $0 } == [])
        #expect(violations.count == processes * threads)
    }

    @Test func describesWhereItsRanksAre() throws {
        let rows = try run(3, 2, hostNames: ["a", "b", "a"]) { communicator in
            "\(communicator.rank) \(communicator.hostNames) \(communicator.nodes.members)"
        }
        let expected = (0..<6).map { #"\#($0) ["a", "a", "b", "b", "a", "a"] [[0, 1, 4, 5], [2, 3]]"# }
        #expect(rows == expected)
    }

    /// The first ranks of nodes, as the shared window splits them off; of the middle process two ranks take part.
    @Test func partsKeepAProcesssRanksTogether() throws {
        let gathered = try run(3, 3) { communicator in
            let takesPart = [0, 3, 5, 6].contains(communicator.rank)
            let part = communicator.split(color: takesPart ? 0 : nil, key: -(communicator.rank / 3))
            let ranks = part?.allgather(communicator.rank) ?? []
            return ranks + [communicator.allgather(communicator.rank).count]
        }
        // The key turns the processes round.
        for rank in 0..<9 { #expect(gathered[rank] == ([0, 3, 5, 6].contains(rank) ? [6, 3, 5, 0, 9] : [9])) }
    }

    /// One memory for the threads of a process and for processes of one node; zero at first.
    @Test func sharesMemoryOnANode() throws {
        let seen = try run(3, 2, hostNames: ["a", "b", "a"]) { communicator in
            let place = communicator.nodes.place
            let memory = try communicator.share(byteCount: 64, own: (place * 16)..<(place * 16 + 16))
            memory.base.storeBytes(of: UInt8(communicator.rank + 1), toByteOffset: place, as: UInt8.self)
            communicator.barrier()
            return (0..<5).map { memory.base.load(fromByteOffset: $0, as: UInt8.self) }
        }
        let (a, b): ([UInt8], [UInt8]) = ([1, 2, 5, 6, 0], [3, 4, 0, 0, 0])
        #expect(seen == [a, a, b, b, a, a])
    }

    private struct Refusal: Error, Equatable { let rank: Int }

    @Test func aThreadThatThrowsEndsTheOthersOfItsProcess() {
        #expect(throws: Refusal(rank: 1)) {
            _ = try HybridCommunicator.run(over: SingleCommunicator(), threads: 3) { communicator in
                if communicator.rank == 1 { throw Refusal(rank: 1) }
                communicator.barrier()
            }
        }
    }

    /// What every rank returned, by rank.
    private func run<Result: Sendable>(
        _ processes: Int, _ threads: Int, hostNames: [String]? = nil,
        _ body: @escaping @Sendable (any Communicator) throws -> Result
    ) throws -> [Result] {
        try ThreadCommunicator.run(size: processes, hostNames: hostNames) { process in
            try HybridCommunicator.run(over: process, threads: threads, body)
        }.flatMap { $0 }
    }
}
