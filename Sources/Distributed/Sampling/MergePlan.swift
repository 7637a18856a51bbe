import Core

/// The part of the tree over the shards that lies above the ranks' roots: what is merged with what, in which order.
///
/// Roots are numbered by rank, and within a rank in shard order. Absent ones have no number.
public struct MergePlan: Sendable {
    /// Merges `right` into `left`, which stands for both from then on.
    public struct Step: Sendable, Hashable {
        public let left: Int
        public let right: Int
    }

    /// The merges, in an order in which each finds its operands ready.
    public let steps: [Step]
    /// The root that holds the whole batch in the end: the one with the first shard.
    public let result: Int
    /// The number of roots.
    public let rootCount: Int

    /// - Parameters:
    ///   - roots: for each rank, its present roots, as ranges of shards.
    ///   - shards: V.
    public init(roots: [[Range<Int>]], shards: Int) {
        var numberOfRoot: [Range<Int>: Int] = [:]
        for root in roots.joined() { numberOfRoot[root] = numberOfRoot.count }
        var steps: [Step] = []
        /// - Returns: the root that stands for all of `node`; nil if nothing in it is present.
        func visit(_ node: Range<Int>) -> Int? {
            if let number = numberOfRoot[node] { return number }
            guard node.count > 1 else { return nil }
            let middle = ShardTree.split(node)
            let left = visit(node.lowerBound..<middle)
            let right = visit(middle..<node.upperBound)
            guard let left, let right else { return left ?? right }
            steps.append(Step(left: left, right: right))
            return left
        }
        guard let result = visit(0..<shards) else { preconditionFailure("a batch without a root") }
        precondition(steps.count == numberOfRoot.count - 1, "roots \(roots) are no subtrees over \(shards) shards")
        self.steps = steps
        self.result = result
        rootCount = numberOfRoot.count
    }
}
