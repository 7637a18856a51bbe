import Core
import Testing

/// Numbers whose sum shows in which order they were added.
private func leaf(_ shard: Int) -> Double { Double.exp(Double.sin(Double(shard * shard + 1)) * 12) }

struct ShardAccumulatorTests {
    /// The tree as the documentation says it, by recursion; nil where nothing is.
    private func reference(_ range: Range<Int>, _ rowCounts: [Int]) -> Float? {
        guard range.count > 1 else { return rowCounts[range.lowerBound] > 0 ? Float(leaf(range.lowerBound)) : nil }
        let middle = ShardTree.split(range)
        let left = reference(range.lowerBound..<middle, rowCounts)
        let right = reference(middle..<range.upperBound, rowCounts)
        guard let left else { return right }
        return right.map { left + $0 } ?? left
    }

    private func sum(_ rowCounts: [Int], roots: [Range<Int>]) -> [Float] {
        let layout = ShardLayout(rowCounts: rowCounts, roots: roots)
        var records = [Float](repeating: .nan, count: roots.count)
        let accumulator = ShardAccumulator<Float>(length: 1, merge: .sum, shardCount: rowCounts.count)
        for root in roots.indices {
            records.withUnsafeMutableBufferPointer { records in
                _ = accumulator.reduce(root: root, of: layout, into: records.baseAddress! + root) { rows, record in
                    let shard = (0..<rowCounts.count).first { layout.rows(of: $0) == rows && !rows.isEmpty }!
                    record[0] = Float(leaf(shard))
                }
            }
        }
        return records
    }

    @Test(arguments: 1...20)
    func leavesAreJoinedAlongTheTree(shards: Int) {
        for empty in [0, 1, 3] {
            let rowCounts = (0..<shards).map { empty > 0 && ($0 * 7 + empty) % 4 < empty ? 0 : 1 + $0 % 3 }
            let expected = reference(0..<shards, rowCounts)
            #expect(sum(rowCounts, roots: [0..<shards])[0].bitPattern == (expected ?? .nan).bitPattern)
        }
    }

    /// Whatever the ranks: subtrees first, then the tree over them, is the tree over everything.
    @Test(arguments: 1...16)
    func rootsMergeToTheSameBits(shards: Int) {
        let rowCounts = (0..<shards).map { $0 % 5 == 3 ? 0 : 1 + $0 % 3 }
        let whole = sum(rowCounts, roots: [0..<shards])[0]
        for ranks in 1...shards {
            let bounds = (0...ranks).map { $0 * shards / ranks }
            let roots = (0..<ranks).flatMap {
                ShardTree.maximalSubtrees(of: bounds[$0]..<bounds[$0 + 1], shards: shards)
            }
            let layout = ShardLayout(rowCounts: rowCounts, roots: roots)
            let records = sum(rowCounts, roots: roots)
            let merged = records.withUnsafeBufferPointer { records in
                TreeBatchReduction.merged(length: 1, merge: .sum, layout: layout) { records.baseAddress! + $0 }
            }
            #expect(merged?[0].bitPattern == whole.bitPattern, "\(ranks) ranks")
        }
    }

    /// The order shows in these numbers: left to right, they add up to something else.
    @Test func theOrderMatters() {
        let rowCounts = [Int](repeating: 1, count: 16)
        #expect(sum(rowCounts, roots: [0..<16])[0] != (0..<16).map { Float(leaf($0)) }.reduce(0, +))
    }

    @Test func aRootWithoutRowsLeavesItsRecordAlone() {
        let records = sum([0, 0, 2], roots: [0..<2, 2..<3])
        #expect(records[0].isNaN && records[1] == Float(leaf(2)))
    }
}
