import Core
import Testing

struct ParameterBlocksTests {
    private func blocks(_ counts: [Int], bucketStarts: [Int] = []) -> ParameterBlocks {
        let arena = ParameterArena<Float>()
        for (i, count) in counts.enumerated() {
            _ = arena.declare("p\(i)", shape: [count], initializer: .he, decays: true)
        }
        return ParameterBlocks(arena.parameters, bucketStarts: bucketStarts)
    }

    @Test func everyParameterIsCutFromItsOwnStart() {
        let blocks = blocks([2050, 5, 1024])
        #expect(blocks.blocks.map(\.range) == [0..<1024, 1024..<2048, 2048..<2050, 2064..<2069, 2080..<3104])
        #expect(blocks.blocks.map(\.parameter) == [0, 0, 0, 1, 2])
        #expect(blocks.blocksOfParameter == [0..<3, 3..<4, 4..<5])
    }

    @Test(arguments: 1...9)
    func ownersShareAllBlocks(owners: Int) {
        let blocks = blocks([2050, 5, 1024])
        let slices = (0..<owners).map { blocks.slice(of: $0, of: owners) }
        #expect(slices.flatMap { Array($0.blocks) } == [0, 1, 2, 3, 4])
        #expect(slices.map(\.blockCount).max()! - slices.map(\.blockCount).min()! <= 1)
        #expect(slices.allSatisfy { $0.stretches.count == 1 })
    }

    @Test func aSliceReachesFromItsFirstBlockToItsLast() {
        let blocks = blocks([2050, 5, 1024])
        #expect(blocks.slice(of: 1, of: 3).stretches[0].blocks == 2..<4)
        #expect(blocks.slice(of: 1, of: 3).stretches[0].elements == 2048..<2069)
        #expect(blocks.slice(of: 5, of: 6).stretches[0].elements.isEmpty)
        #expect(blocks.slice(of: 5, of: 6).count == 0)
    }

    /// Each owner has a part of each bucket, and finds all its parts in one state.
    @Test(arguments: 1...12)
    func ownersShareEveryBucket(owners: Int) {
        let blocks = blocks([2050, 5, 1024, 4096], bucketStarts: [2064, 3104])
        #expect(blocks.buckets == [0..<3, 3..<5, 5..<9])
        let slices = (0..<owners).map { blocks.slice(of: $0, of: owners) }
        for (bucket, all) in blocks.buckets.enumerated() {
            let parts = slices.map { $0.stretches[bucket].blocks }
            #expect(parts.flatMap { Array($0) } == Array(all))
            #expect(parts.map(\.count).max()! - parts.map(\.count).min()! <= 1)
        }
        #expect(slices.map(\.blockCount).max()! - slices.map(\.blockCount).min()! <= 1)
        for slice in slices {
            let places = slice.stretches.flatMap { $0.elements.map { slice.place(of: $0)! } }
            #expect(Set(places).count == places.count && places.allSatisfy { $0 < slice.count })
            #expect(slice.stretches.allSatisfy { $0.start % 16 == 0 })
            for other in blocks.blocks.indices where !slice.contains(block: other) {
                #expect(slice.place(of: blocks.blocks[other].range.lowerBound) == nil)
            }
        }
    }

    /// Sixteen lanes, joined 8-4-2-1, in Double.
    @Test(arguments: [1, 15, 16, 17, 100, 1024])
    func squaresAreSummedInSixteenLanes(count: Int) {
        let x = numbers(count, scale: 1e3).map { Float($0) }
        var lanes = [Double](repeating: 0, count: 16)
        for (i, value) in x.enumerated() { lanes[i % 16].addProduct(Double(value), Double(value)) }
        for width in [8, 4, 2, 1] { for j in 0..<width { lanes[j] += lanes[j + width] } }
        #expect(ParameterBlocks.squareSum(x, count: count) == lanes[0])
    }

    /// What is summed and squared in one go has the bits of one after the other, wherever the sum goes.
    @Test(arguments: [1, 15, 16, 17, 100, 1024])
    func sumsAreSquaredOnTheWay(count: Int) {
        checkSquaredSums(of: Float.self, count: count)
        checkSquaredSums(of: Double.self, count: count)
    }

    private func checkSquaredSums<Scalar: TrainingScalar>(of: Scalar.Type, count: Int) {
        let a = numbers(count, scale: 1e3).map { Scalar($0) }
        let b = numbers(count, scale: 3).map { Scalar($0) }
        let sum = zip(a, b).map { $0 + $1 }
        let squares = ParameterBlocks.squareSum(sum, count: count)
        var (apart, first, second) = (a + [Scalar(7)], a, b)
        #expect(ParameterBlocks.addAndSquare(a, b, into: &apart, count: count) == squares)
        #expect(apart == sum + [Scalar(7)])
        let ofFirst = first.withUnsafeMutableBufferPointer {
            ParameterBlocks.addAndSquare($0.baseAddress!, b, into: $0.baseAddress!, count: count)
        }
        let ofSecond = second.withUnsafeMutableBufferPointer {
            ParameterBlocks.addAndSquare(a, $0.baseAddress!, into: $0.baseAddress!, count: count)
        }
        #expect(ofFirst == squares && ofSecond == squares)
        #expect(first == sum && second == sum)
    }

    /// Blocks side by side have the sums of each alone: four of a size, fewer, and of different sizes.
    @Test func squaresOfBlocksAreThoseOfEach() {
        let blocks = blocks([9000, 5000, 3, 7, 7, 7, 7, 7, 7, 1024, 20])
        let count = blocks.blocks.last!.range.upperBound
        let x = numbers(count, scale: 1e3).map { Float($0) }
        for part in [0..<blocks.blocks.count, 1..<7, 5..<5, 3..<23] {
            var sums = [Double](repeating: -1, count: part.count + 1)
            blocks.blocks[part].withUnsafeBufferPointer { ParameterBlocks.squareSums(of: $0, x, into: &sums) }
            let alone = blocks.blocks[part].map { block in
                x[block.range].withUnsafeBufferPointer {
                    ParameterBlocks.squareSum($0.baseAddress!, count: block.range.count)
                }
            }
            #expect(sums == alone + [-1])
        }
    }

    @Test func blocksAreJoinedAlongTheTree() {
        let blocks = blocks([5 * 1024, 10])
        let sums: [Double] = [1, 1e17, -1e17, 3, 5, 7]
        var perParameter = [0.0, 0.0]
        blocks.perParameter(sums, into: &perParameter)
        // ((1 + 1e17) + (−1e17 + 3)) + 5: the 1 and the 3 are lost to rounding.
        #expect(perParameter == [((1 + 1e17) + (-1e17 + 3)) + 5, 7])
        #expect(perParameter[0] != sums[0..<5].reduce(0, +))
    }
}
