/// Which node takes which step of a merge plan: a step whose operands all lie on one node is that node's, on whosever elements;
/// all others are the owners'.
struct NodePlan {
    /// In place of a node: what is of several nodes, or has waited at its owner.
    static var several: Int { -1 }

    /// For each operand of the plan, the node that its root lies on.
    private(set) var nodeOfOperand: [Int] = []
    /// For each operand, whether it is still there once every node has taken its own steps: then owners need it.
    private(set) var isExported: [Bool] = []
    /// For each step of the plan, whose it is.
    private(set) var nodeOfStep: [Int] = []
    /// The node of what each operand stands for so far.
    private var nodes: [Int] = []

    /// - Parameter capacity: the most operands that a plan will have.
    init(capacity: Int) {
        nodeOfOperand.reserveCapacity(capacity)
        isExported.reserveCapacity(capacity)
        nodeOfStep.reserveCapacity(capacity)
        nodes.reserveCapacity(capacity)
    }

    /// Whether an owner on `node` takes a step: its node's own, and what is of several nodes.
    func isTaken(_ step: Int, by node: Int) -> Bool { nodeOfStep[step] == node || nodeOfStep[step] == Self.several }

    /// Assigns the steps of `plan`.
    ///
    /// - Complexity: O(operands); no allocation.
    mutating func assign(_ plan: MergePlan, presentRoots: [Int], nodes layout: Nodes) {
        nodeOfOperand.removeAll(keepingCapacity: true)
        isExported.removeAll(keepingCapacity: true)
        nodeOfStep.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        for _ in 0..<plan.waiting { append(Self.several) }
        for rank in 0..<presentRoots.count {
            for _ in 0..<presentRoots[rank] { append(layout.nodeOfRank[rank]) }
        }
        for step in plan.steps {
            let node = nodes[step.left] == nodes[step.right] ? nodes[step.left] : Self.several
            nodeOfStep.append(node)
            nodes[step.left] = node
            if node != Self.several { isExported[step.right] = false }
        }
    }

    private mutating func append(_ node: Int) {
        nodeOfOperand.append(node)
        isExported.append(node != Self.several)
        nodes.append(node)
    }
}
