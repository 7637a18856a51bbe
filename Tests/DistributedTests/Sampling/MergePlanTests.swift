import Distributed
import Testing

@Suite struct MergePlanTests {
    private func pairs(_ plan: MergePlan) -> [[Int]] { plan.steps.map { [$0.left, $0.right] } }

    @Test func threeRanksMergeEightShards() {
        let plan = MergePlan(roots: [[0..<2, 2..<3], [3..<4, 4..<6], [6..<8]], shards: 8)
        #expect(pairs(plan) == [[1, 2], [0, 1], [3, 4], [0, 3]])
        #expect(plan.result == 0 && plan.rootCount == 5)
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
        #expect(plan.result == 1)
    }

    @Test func oneRootNeedsNoStep() {
        let plan = MergePlan(roots: [[], [0..<4]], shards: 4)
        #expect(plan.steps.isEmpty && plan.result == 0 && plan.rootCount == 1)
    }
}
