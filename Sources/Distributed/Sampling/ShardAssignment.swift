import Core

/// Which rank owns which shards.
///
/// Ranks are numbered node by node (nodes in the order of their lowest rank), so that a node's shards are neighbours in the
/// tree; each rank owns a contiguous range, the first `shards` mod ranks of them one shard more. With more ranks than shards
/// the last ones own none.
public struct ShardAssignment: Sendable {
    /// V: the shards that a global batch is cut into.
    public let shards: Int
    private let shardsOfRank: [Range<Int>]
    private let rootsOfRank: [[Range<Int>]]

    /// - Parameters:
    ///   - shards: V, at least 1.
    ///   - hostNames: the host of every rank.
    public init(shards: Int, hostNames: [String]) {
        precondition(shards > 0, "a batch needs at least one shard, not \(shards)")
        precondition(!hostNames.isEmpty, "no ranks")
        self.shards = shards
        let ranks = hostNames.count
        var firstRank: [String: Int] = [:]
        for (rank, name) in hostNames.enumerated() where firstRank[name] == nil { firstRank[name] = rank }
        let nodeByNode = (0..<ranks).sorted { (firstRank[hostNames[$0]]!, $0) < (firstRank[hostNames[$1]]!, $1) }
        var shardsOfRank = [Range<Int>](repeating: 0..<0, count: ranks)
        var first = 0
        for (number, rank) in nodeByNode.enumerated() {
            let count = shards / ranks + (number < shards % ranks ? 1 : 0)
            shardsOfRank[rank] = first..<(first + count)
            first += count
        }
        self.shardsOfRank = shardsOfRank
        rootsOfRank = shardsOfRank.map { ShardTree.maximalSubtrees(of: $0, shards: shards) }
    }

    /// The number of ranks.
    public var ranks: Int { shardsOfRank.count }

    /// The shards that `rank` owns; empty for an idle rank.
    public func shards(of rank: Int) -> Range<Int> { shardsOfRank[rank] }

    /// The roots that `rank` exports: the maximal subtrees of its shards, as ranges of the batch's shards, in order.
    public func roots(of rank: Int) -> [Range<Int>] { rootsOfRank[rank] }

    /// The ranks that own no shard.
    public var idleRanks: Int { shardsOfRank.count { $0.isEmpty } }

    /// The most that a pass over a batch of at most `globalBatchSize` rows brings to `rank`.
    public func limits(of rank: Int, globalBatchSize: Int) -> PassLimits {
        let rows = ShardLayout.rowCounts(rows: globalBatchSize, shards: shards)[shardsOfRank[rank]].reduce(0, +)
        return PassLimits(rows: rows, shards: shardsOfRank[rank].count, roots: rootsOfRank[rank].count)
    }

    /// Cuts a batch of `rows` rows; made once for each size that occurs, as it allocates.
    public func partition(rows: Int, rank: Int) -> BatchPartition {
        precondition(rows > 0, "a batch of \(rows) rows")
        let rowCounts = ShardLayout.rowCounts(rows: rows, shards: shards)
        let own = shardsOfRank[rank]
        let layout = ShardLayout(
            rowCounts: Array(rowCounts[own]),
            roots: rootsOfRank[rank].map { ($0.lowerBound - own.lowerBound)..<($0.upperBound - own.lowerBound) })
        // Empty shards are the last ones, so the roots that hold a row are the first ones of every rank.
        let presentRoots = rootsOfRank.map { roots in roots.count { rowCounts[$0.lowerBound] > 0 } }
        return BatchPartition(
            rank: rank, globalRows: rows, firstRow: rowCounts[..<own.lowerBound].reduce(0, +), layout: layout,
            presentRoots: presentRoots,
            plan: MergePlan(roots: zip(rootsOfRank, presentRoots).map { Array($0.prefix($1)) }, shards: shards))
    }
}
