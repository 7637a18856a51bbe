import Core
import Distributed

/// The bytes that ranks have allocated, by what they are for.
public struct MemoryReport: Sendable, Encodable {
    /// One kind of memory.
    public struct Row: Sendable, Encodable {
        public let kind: String
        /// Of rank 0.
        public let rankZeroBytes: Int
        /// Of the rank that has most of it.
        public let largestRankBytes: Int
        /// Of all ranks on rank 0's host.
        public let hostBytes: Int
    }

    /// The kinds in the order of `MemoryKind`, then `total`.
    public let rows: [Row]
    /// The ranks on rank 0's host.
    public let ranksOnHost: Int

    /// Adds up what every rank's ledger has counted.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public init(_ ledger: MemoryLedger, communicator: any Communicator) {
        let names = communicator.hostNames
        let neighbours = names.indices.filter { names[$0] == names[0] }
        ranksOnHost = neighbours.count
        var own = MemoryKind.allCases.map { ($0.rawValue, ledger.peakBytes($0)) }
        own.append(("total", own.map(\.1).reduce(0, +)))
        rows = own.map { kind, bytes in
            let all = communicator.allgather(bytes)
            return Row(
                kind: kind, rankZeroBytes: all[0], largestRankBytes: all.max()!,
                hostBytes: neighbours.map { all[$0] }.reduce(0, +))
        }
    }

    /// A table for people.
    public var table: String {
        var table = TextTable([
            ("memory", .left), ("rank 0, bytes", .right), ("largest rank", .right), ("host", .right),
        ])
        for row in rows {
            table.add([
                row.kind, grouped(row.rankZeroBytes), grouped(row.largestRankBytes), grouped(row.hostBytes),
            ])
        }
        return table.description
    }
}
