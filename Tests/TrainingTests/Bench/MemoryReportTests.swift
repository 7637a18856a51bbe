import Core
import Distributed
import Storage
import Testing
import Training

@Suite struct MemoryReportTests {
    private static let yaml = """
        network: [{linear: 20}, relu, {residual: [{linear: 20}]}, {linear: 4}]
        optimizer: {adam: {learningRate: 0.01}}
        globalBatchSize: 64
        """

    private static func report(_ communicator: any Communicator) throws -> MemoryReport {
        let ledger = MemoryLedger()
        let configuration = try Configuration(yaml: yaml, overrides: [])
        let kept = try ledger.counting {
            (
                try Trainer(configuration, datasets: SmallData.datasets, communicator: communicator),
                MemoryLedger.enter(bytes: SmallData.datasets.byteCount, kind: .dataset)
            )
        }
        defer { withExtendedLifetime(kept) {} }
        return MemoryReport(ledger, communicator: communicator)
    }

    private func row(_ kind: MemoryKind, _ report: MemoryReport) throws -> MemoryReport.Row {
        try #require(report.rows.first { $0.kind == kind.rawValue })
    }

    /// By hand: [12, 20] + 20, [20, 20] + 20 and [20, 4] + 4 are 764 numbers, in lines of 16 of them 240 + 32 + 400 + 32 + 80 +
    /// 16 = 800, which a window rounds up to 832. Every buffer has 64 bytes more.
    @Test func everyKindIsWhatTheNetworkNeeds() throws {
        let report = try Self.report(SingleCommunicator())
        // The buffers, of which there are none, are one allocation too.
        #expect(try row(.parameters, report).rankZeroBytes == 832 * 4 + 64)
        #expect(try row(.gradients, report).rankZeroBytes == 832 * 4)
        // Two slots of all that lies between the first element and the last: the bias of 4 ends in the middle of a line.
        #expect(try row(.optimizerState, report).rankZeroBytes == 2 * ((800 - 12) * 4 + 64))
        // Outputs of 20 (the ReLU works in place), 20 (the shortcut is added to the branch's) and 4.
        #expect(try row(.activations, report).rankZeroBytes == 64 * (20 + 20 + 4) * 4 + 3 * 64)
        // Two that layers take turns in, and that of the output.
        #expect(try row(.activationGradients, report).rankZeroBytes == 64 * (20 + 20 + 4) * 4 + 3 * 64)
        #expect(try row(.dataset, report).rankZeroBytes == (103 + 31) * (12 + 4))
        #expect(report.rows.map(\.kind) == MemoryKind.allCases.map(\.rawValue) + ["total"])
        let sum = report.rows.dropLast().map(\.rankZeroBytes).reduce(0, +)
        #expect(report.rows.last?.rankZeroBytes == sum)
    }

    /// Three ranks on two hosts: what the first host has is what its two ranks have.
    @Test func ranksOfAHostAreAddedUp() throws {
        let reports = try ThreadCommunicator.run(size: 3, hostNames: ["a", "b", "a"]) { try Self.report($0) }
        let alone = try Self.report(SingleCommunicator())
        for report in reports {
            #expect(report.ranksOnHost == 2)
            let parameters = try row(.parameters, report)
            #expect(parameters.rankZeroBytes == (try row(.parameters, alone)).rankZeroBytes)
            // One copy for both; buffers, of which there are none, are each rank's.
            #expect(parameters.hostBytes == parameters.rankZeroBytes + 64)
            // 64 rows in 8 shards: 3, 2 and 3 of them, since ranks are counted host by host.
            let activations = try row(.activations, report)
            #expect(activations.rankZeroBytes == 24 * (20 + 20 + 4) * 4 + 3 * 64)
            #expect(activations.hostBytes == 2 * activations.rankZeroBytes)
            #expect(activations.largestRankBytes == activations.rankZeroBytes)
        }
    }
}
