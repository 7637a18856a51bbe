import Core

/// The part of the tree over the shards that lies above the ranks' roots, as far as one pass can take it: what is merged with
/// what, in which order, and what has to wait for the batch's later passes.
///
/// The operands are numbered: first the subtrees that waited since earlier passes, in shard order; then this pass's roots, by
/// rank and within a rank in shard order. Absent roots have no number.
public struct MergePlan: Sendable {
    /// Merges `right` into `left`, which stands for both from then on.
    public struct Step: Sendable, Hashable {
        public let left: Int
        public let right: Int
    }

    /// The merges, in an order in which each finds its operands ready.
    public let steps: [Step]
    /// The operands that have waited: numbers 0 ..< `waiting`.
    public let waiting: Int
    /// The number of roots of this pass.
    public let rootCount: Int
    /// What is left after the steps, in shard order: after the batch's last pass one operand, the batch; before it, the
    /// subtrees that wait for the next. Those that have waited already keep their numbers: `remaining[i]` is i or a new root.
    public let remaining: [Int]
    /// Whether this is the batch's last pass.
    public let isLast: Bool

    /// A subtree that is summed, and its number.
    private struct Operand {
        let shards: Range<Int>
        let number: Int
    }

    /// The plan of a batch of one pass; also that of one pass by itself, as if all other shards were absent.
    ///
    /// - Parameters:
    ///   - roots: for each rank, its present roots, as ranges of shards.
    ///   - shards: V.
    public init(roots: [[Range<Int>]], shards: Int) {
        (self, _) = Self.plan(waiting: [], roots: roots, shards: shards, end: shards)
    }

    /// The plans of the passes of one batch, in their order.
    ///
    /// - Parameters:
    ///   - passes: for each pass and each rank, its present roots. Every pass has one, to the right of those before it.
    ///   - shards: V.
    public static func passes(_ passes: [[[Range<Int>]]], shards: Int) -> [MergePlan] {
        // The shards from here on belong to later passes; behind the last pass all are absent.
        let ends = passes.dropFirst().map { $0.joined().map(\.lowerBound).min()! } + [shards]
        var waiting: [Range<Int>] = []
        return zip(passes, ends).map { roots, end in
            let (plan, remaining) = plan(waiting: waiting, roots: roots, shards: shards, end: end)
            waiting = remaining
            return plan
        }
    }

    /// - Parameter end: where the shards of later passes begin; V if there are none.
    /// - Returns: the plan, and the subtrees that it leaves.
    private static func plan(
        waiting: [Range<Int>], roots: [[Range<Int>]], shards: Int, end: Int
    ) -> (MergePlan, remaining: [Range<Int>]) {
        let operands = waiting + roots.joined()
        var numberOfOperand: [Range<Int>: Int] = [:]
        for (number, operand) in operands.enumerated() { numberOfOperand[operand] = number }
        guard let first = operands.map(\.lowerBound).min(), let last = operands.map(\.upperBound).max() else {
            preconditionFailure("a batch without a root")
        }
        var steps: [Step] = []
        var remaining: [Operand] = []
        /// - Returns: the operand that stands for all of `node`; nil if nothing in it is present, or it is not finished.
        func visit(_ node: Range<Int>) -> Int? {
            if let number = numberOfOperand[node] { return number }
            guard node.count > 1 && node.overlaps(first..<last) else { return nil }
            let middle = ShardTree.split(node)
            let (leftNode, rightNode) = (node.lowerBound..<middle, middle..<node.upperBound)
            let left = visit(leftNode)
            // Later passes have shards of this node, so its finished part waits.
            let isUnfinished = node.upperBound > end
            if isUnfinished, let left { remaining.append(Operand(shards: leftNode, number: left)) }
            let right = visit(rightNode)
            if isUnfinished {
                if let right { remaining.append(Operand(shards: rightNode, number: right)) }
                return nil
            }
            guard let left, let right else { return left ?? right }
            steps.append(Step(left: left, right: right))
            return left
        }
        if let whole = visit(0..<shards) { remaining = [Operand(shards: 0..<shards, number: whole)] }
        precondition(
            steps.count == operands.count - remaining.count, "roots \(operands) are no subtrees over \(shards) shards")
        precondition(
            remaining.enumerated().allSatisfy { $1.number == $0 || $1.number >= waiting.count },
            "what waits is merged in shard order")
        let plan = MergePlan(
            steps: steps, waiting: waiting.count, rootCount: operands.count - waiting.count,
            remaining: remaining.map(\.number), isLast: end == shards)
        return (plan, remaining.map(\.shards))
    }

    private init(steps: [Step], waiting: Int, rootCount: Int, remaining: [Int], isLast: Bool) {
        self.steps = steps
        self.waiting = waiting
        self.rootCount = rootCount
        self.remaining = remaining
        self.isLast = isLast
    }
}
