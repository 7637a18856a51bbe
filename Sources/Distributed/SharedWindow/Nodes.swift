/// Which ranks share memory with which: the nodes of a communicator, seen from one of its ranks.
public struct Nodes: Sendable {
    public let rank: Int
    /// The node of every rank, by rank; numbered by their lowest ranks.
    public let nodeOfRank: [Int]
    /// For each node, its ranks in order.
    public let members: [[Int]]
    /// The place of every rank among its node's.
    public let placeInNode: [Int]

    /// - Parameter keys: for each rank, what the ranks of one node have in common and no others.
    public init(rank: Int, keys: [some Hashable]) {
        self.rank = rank
        var numbers: [AnyHashable: Int] = [:]
        var members: [[Int]] = []
        var nodeOfRank: [Int] = []
        var placeInNode: [Int] = []
        for (rank, key) in keys.enumerated() {
            let node = numbers[key, default: members.count]
            if node == members.count {
                numbers[key] = node
                members.append([])
            }
            nodeOfRank.append(node)
            placeInNode.append(members[node].count)
            members[node].append(rank)
        }
        self.nodeOfRank = nodeOfRank
        self.members = members
        self.placeInNode = placeInNode
    }

    /// Every rank on its own.
    public static func apart(rank: Int, size: Int) -> Nodes { Nodes(rank: rank, keys: Array(0..<size)) }

    public var count: Int { members.count }
    /// This rank's node.
    public var own: Int { nodeOfRank[rank] }
    /// The ranks that share memory with this one, itself among them.
    public var neighbours: [Int] { members[own] }
    /// This rank's place among them.
    public var place: Int { placeInNode[rank] }
    /// Whether this rank is the first of its node.
    public var isFirst: Bool { place == 0 }

    /// The rank of `node` that handles there what rank `owner` of another node owns: ranks in the same place deal with each
    /// other, so that all links of a node work at once.
    @inline(__always)
    public func helper(of owner: Int, on node: Int) -> Int {
        members[node][placeInNode[owner] % members[node].count]
    }
}
