import Core

/// Which rank owns which shards in which pass.
///
/// A batch's V shards are taken in A passes of V/A neighbouring shards each. Ranks are numbered node by node (nodes in the
/// order of their lowest rank), so that a node's shards are neighbours in the tree; in each pass each rank owns a contiguous
/// range, the first V/A mod ranks of them one shard more. With more ranks than a pass has shards the last ones own none.
public struct ShardAssignment: Sendable {
    /// V: the shards that a global batch is cut into.
    public let shards: Int
    /// A: the passes in which a batch is taken, `accumulationSteps`.
    public let passes: Int
    /// The most finished subtrees that wait between two passes of a batch; 0 with one pass.
    public let waiting: Int
    /// By pass, then by rank.
    private let shardsOfRank: [[Range<Int>]]
    private let rootsOfRank: [[[Range<Int>]]]

    /// - Parameters:
    ///   - shards: V, at least 1.
    ///   - passes: A, a divisor of V.
    ///   - hostNames: the host of every rank.
    public init(shards: Int, passes: Int = 1, hostNames: [String]) {
        precondition(shards > 0, "a batch needs at least one shard, not \(shards)")
        precondition(passes > 0 && shards % passes == 0, "\(shards) shards in \(passes) passes")
        precondition(!hostNames.isEmpty, "no ranks")
        self.shards = shards
        self.passes = passes
        let passShards = shards / passes
        waiting =
            (1..<passes).map { ShardTree.maximalSubtrees(of: 0..<($0 * passShards), shards: shards).count }.max() ?? 0
        let ranks = hostNames.count
        var firstRank: [String: Int] = [:]
        for (rank, name) in hostNames.enumerated() where firstRank[name] == nil { firstRank[name] = rank }
        let nodeByNode = (0..<ranks).sorted { (firstRank[hostNames[$0]]!, $0) < (firstRank[hostNames[$1]]!, $1) }
        shardsOfRank = (0..<passes).map { pass in
            var shardsOfRank = [Range<Int>](repeating: 0..<0, count: ranks)
            var first = pass * passShards
            for (number, rank) in nodeByNode.enumerated() {
                let count = passShards / ranks + (number < passShards % ranks ? 1 : 0)
                shardsOfRank[rank] = first..<(first + count)
                first += count
            }
            return shardsOfRank
        }
        rootsOfRank = shardsOfRank.map { $0.map { ShardTree.maximalSubtrees(of: $0, shards: shards) } }
    }

    /// The number of ranks.
    public var ranks: Int { shardsOfRank[0].count }

    /// The shards that `rank` owns in pass `pass`; empty for an idle rank.
    public func shards(of rank: Int, pass: Int = 0) -> Range<Int> { shardsOfRank[pass][rank] }

    /// The roots that `rank` exports in pass `pass`: the maximal subtrees of its shards, as ranges of the batch's shards, in
    /// order.
    public func roots(of rank: Int, pass: Int = 0) -> [Range<Int>] { rootsOfRank[pass][rank] }

    /// The most roots that `ranks` export together in one pass.
    func maximumRoots(of ranks: Range<Int>) -> Int {
        rootsOfRank.map { $0[ranks].map(\.count).reduce(0, +) }.max()!
    }

    /// The ranks that own no shard, in any pass.
    public var idleRanks: Int { shardsOfRank[0].count { $0.isEmpty } }

    /// The most that a pass over a batch of at most `globalBatchSize` rows brings to `rank`.
    public func limits(of rank: Int, globalBatchSize: Int) -> PassLimits {
        let rowCounts = ShardLayout.rowCounts(rows: globalBatchSize, shards: shards)
        return PassLimits(
            rows: shardsOfRank.map { rowCounts[$0[rank]].reduce(0, +) }.max()!, shards: shardsOfRank[0][rank].count,
            roots: maximumRoots(of: rank..<(rank + 1)), waiting: waiting)
    }

    /// Cuts a batch of `rows` rows into the passes that hold a row (its first ones); made once for each size that occurs, as
    /// it allocates.
    public func partitions(rows: Int, rank: Int) -> [BatchPartition] {
        precondition(rows > 0, "a batch of \(rows) rows")
        let whole = ShardLayout(rows: rows, shards: shards)
        // Empty shards are the last ones, so the roots that hold a row are the first ones of every rank.
        let present = rootsOfRank.prefix { !whole.rows(of: $0.joined().first!.lowerBound).isEmpty }.map { roots in
            roots.map { $0.filter { !whole.rows(of: $0.lowerBound).isEmpty } }
        }
        return zip(present, MergePlan.passes(present, shards: shards)).enumerated().map { pass, plans in
            let (present, batchPlan) = plans
            let own = shardsOfRank[pass][rank]
            let passShards = shards / passes
            return BatchPartition(
                rank: rank, globalRows: rows,
                passRows: whole.rowOffsets[(pass + 1) * passShards] - whole.rowOffsets[pass * passShards],
                firstRow: whole.rowOffsets[own.lowerBound],
                layout: ShardLayout(
                    rowCounts: own.map { whole.rows(of: $0).count },
                    roots: rootsOfRank[pass][rank].map {
                        ($0.lowerBound - own.lowerBound)..<($0.upperBound - own.lowerBound)
                    }),
                presentRoots: present.map(\.count), passPlan: MergePlan(roots: present, shards: shards),
                batchPlan: batchPlan)
        }
    }
}
