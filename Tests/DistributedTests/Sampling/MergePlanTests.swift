import Core
import Distributed
import Testing

@Suite struct MergePlanTests {
    private func pairs(_ plan: MergePlan) -> [[Int]] { plan.steps.map { [$0.left, $0.right] } }

    @Test func threeRanksMergeEightShards() {
        let plan = MergePlan(roots: [[0..<2, 2..<3], [3..<4, 4..<6], [6..<8]], shards: 8)
        #expect(pairs(plan) == [[1, 2], [0, 1], [3, 4], [0, 3]])
        #expect(plan.remaining == [0] && plan.rootCount == 5)
    }

    @Test func absentRootsAreLeftOut() {
        // Five of eight shards hold a row: 5, 6 and 7 are absent.
        let plan = MergePlan(roots: [[0..<2, 2..<3], [3..<4, 4..<6], []], shards: 8)
        #expect(pairs(plan) == [[1, 2], [0, 1], [0, 3]])
    }

    @Test func rootsCountByRankWhateverTheirPlaceInTheTree() {
        // Rank 1 holds the first shards.
        let plan = MergePlan(roots: [[2..<4], [0..<2]], shards: 4)
        #expect(pairs(plan) == [[1, 0]])
        #expect(plan.remaining == [1])
    }

    @Test func oneRootNeedsNoStep() {
        let plan = MergePlan(roots: [[], [0..<4]], shards: 4)
        #expect(plan.steps.isEmpty && plan.remaining == [0] && plan.rootCount == 1)
    }

    /// Twelve shards, six at a time: neither half is a subtree.
    @Test func whatCannotBeMergedYetWaits() {
        let plans = MergePlan.passes([[[0..<4, 4..<6]], [[6..<8, 8..<12]]], shards: 12)
        #expect(pairs(plans[0]) == [] && plans[0].remaining == [0, 1] && !plans[0].isLast)
        // 0 and 1 have waited; 2 and 3 are new.
        #expect(plans[1].waiting == 2 && pairs(plans[1]) == [[1, 2], [0, 1], [0, 3]])
        #expect(plans[1].remaining == [0] && plans[1].isLast)
    }

    /// The sum of `range` along the tree, written out; nil where no shard of it holds a row.
    private func tree(_ range: Range<Int>, among present: Range<Int>) -> String? {
        guard range.count > 1 else { return present.contains(range.lowerBound) ? "\(range.lowerBound)" : nil }
        let middle = ShardTree.split(range)
        let left = tree(range.lowerBound..<middle, among: present)
        let right = tree(middle..<range.upperBound, among: present)
        guard let left, let right else { return left ?? right }
        return "(\(left)+\(right))"
    }

    /// Does `plan` on written sums; `waiting` has what waits before and after.
    private func follow(_ plan: MergePlan, roots: [String], waiting: inout [String]) {
        #expect(plan.waiting == waiting.count && plan.rootCount == roots.count)
        var operands = waiting + roots
        for step in plan.steps { operands[step.left] = "(\(operands[step.left])+\(operands[step.right]))" }
        waiting = plan.remaining.map { operands[$0] }
    }

    /// Pass by pass, on any number of ranks, with shards that hold no row: the tree over the batch, and for each pass the tree
    /// over what is its own.
    @Test(arguments: 1...16)
    func passesAddUpToTheTree(shards: Int) {
        for passes in 1...shards where shards % passes == 0 {
            for ranks in 1...9 {
                let assignment = ShardAssignment(
                    shards: shards, passes: passes, hostNames: (0..<ranks).map { $0 % 3 == 1 ? "a" : "b" })
                for rows in 1...(shards + 1) {
                    let present = 0..<min(rows, shards)
                    let partitions = assignment.partitions(rows: rows, rank: 0)
                    var waiting: [String] = []
                    for (pass, partition) in partitions.enumerated() {
                        let own = (pass * shards / passes)..<((pass + 1) * shards / passes)
                        let roots = (0..<ranks).flatMap { rank in
                            assignment.roots(of: rank, pass: pass).prefix(partition.presentRoots[rank]).map {
                                tree($0, among: present)!
                            }
                        }
                        follow(partition.batchPlan, roots: roots, waiting: &waiting)
                        #expect(partition.batchPlan.isLast == (pass == partitions.count - 1))
                        #expect(partition.batchPlan.isLast || waiting.count <= assignment.waiting)
                        var alone: [String] = []
                        follow(partition.passPlan, roots: roots, waiting: &alone)
                        #expect(alone == [tree(0..<shards, among: own.clamped(to: present))!])
                    }
                    #expect(
                        waiting == [tree(0..<shards, among: present)!], "\(passes) passes, \(ranks) ranks, \(rows) rows"
                    )
                }
            }
        }
    }
}
