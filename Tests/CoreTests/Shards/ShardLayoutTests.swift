import Core
import Testing

struct ShardLayoutTests {
    @Test func theFirstShardsAreLonger() {
        #expect(ShardLayout.rowCounts(rows: 11, shards: 4) == [3, 3, 3, 2])
        #expect(ShardLayout.rowCounts(rows: 2, shards: 4) == [1, 1, 0, 0])
        #expect(ShardLayout.rowCounts(rows: 0, shards: 2) == [0, 0])
        let layout = ShardLayout(rows: 5, shards: 3)
        #expect(layout.rowOffsets == [0, 2, 4, 5] && layout.rows == 5 && layout.roots == [0..<3])
    }

    @Test func anEmptyRootHoldsNoRow() {
        let layout = ShardLayout(rowCounts: [1, 0, 0, 2], roots: [0..<1, 1..<3, 3..<4])
        #expect((0..<3).map { layout.isEmpty(root: $0) } == [false, true, false])
    }
}
