import Core
import Testing

struct ShardTreeTests {
    @Test func rangesSplitAtTheLargestPowerOfTwoBelowTheirLength() {
        #expect([2, 3, 4, 5, 6, 7, 8, 9, 16, 17].map { ShardTree.split(0..<$0) } == [1, 2, 2, 4, 4, 4, 4, 8, 8, 16])
        #expect(ShardTree.split(4..<7) == 6)
    }

    @Test func aRankExportsItsMaximalSubtrees() {
        // Three ranks, eight shards.
        #expect(ShardTree.maximalSubtrees(of: 0..<3, shards: 8) == [0..<2, 2..<3])
        #expect(ShardTree.maximalSubtrees(of: 3..<6, shards: 8) == [3..<4, 4..<6])
        #expect(ShardTree.maximalSubtrees(of: 6..<8, shards: 8) == [6..<8])
        #expect(ShardTree.maximalSubtrees(of: 0..<8, shards: 8) == [0..<8])
        #expect(ShardTree.maximalSubtrees(of: 2..<2, shards: 8) == [])
        #expect(ShardTree.maximalSubtrees(of: 0..<6, shards: 6) == [0..<6])
    }
}
