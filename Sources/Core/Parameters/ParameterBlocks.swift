/// The arena cut into blocks of 1,024 elements, each parameter from its own start: the unit of ownership and of sums over
/// parameters.
///
/// A sum over parameters (a gradient norm, say) is one partial a block and a tree over the block index, so its bits do not
/// depend on who owns which blocks.
public struct ParameterBlocks: Sendable {
    /// One block: elements `range` of the arena's flat buffer, all of one parameter.
    public struct Block: Sendable {
        public let parameter: Int
        public let range: Range<Int>
    }

    public static let elementsPerBlock = 1024
    /// The blocks whose squares are summed side by side.
    public static let blocksTogether = 4

    public let blocks: [Block]
    /// For each parameter, its blocks.
    public let blocksOfParameter: [Range<Int>]
    /// The blocks of each bucket, in their order: every owner has a part of each.
    public let buckets: [Range<Int>]

    /// - Parameter bucketStarts: the elements at which buckets begin, each a parameter's first, ascending, 0 left out; none for one
    ///   bucket.
    public init(_ parameters: [Parameter], bucketStarts: [Int] = []) {
        var blocks: [Block] = []
        var ranges: [Range<Int>] = []
        for (index, parameter) in parameters.enumerated() {
            let first = blocks.count
            for start in stride(from: 0, to: parameter.count, by: Self.elementsPerBlock) {
                let end = min(start + Self.elementsPerBlock, parameter.count)
                blocks.append(Block(parameter: index, range: (parameter.offset + start)..<(parameter.offset + end)))
            }
            ranges.append(first..<blocks.count)
        }
        self.blocks = blocks
        blocksOfParameter = ranges
        let firsts = bucketStarts.map { start in blocks.firstIndex { $0.range.lowerBound >= start } ?? blocks.count }
        buckets = zip([0] + firsts, firsts + [blocks.count]).map { $0..<$1 }
    }

    /// What owner `owner` of `owners` has: of each bucket contiguous blocks, in the order of the owners; over all buckets one block
    /// more or less than others.
    public func slice(of owner: Int, of owners: Int) -> OwnedSlice {
        var stretches: [OwnedSlice.Stretch] = []
        var start = 0
        // Who has the first block more: those who had none of the last bucket come first.
        var turn = 0
        for bucket in buckets {
            let share = bucket.count / owners
            let longer = bucket.count % owners
            // Of the owners before this one: from the turn on, and those past the last one's end.
            func more(before owner: Int) -> Int {
                min(max(owner - turn, 0), longer) + min(owner, max(turn + longer - owners, 0))
            }
            let first = bucket.lowerBound + owner * share + more(before: owner)
            let blocks = first..<(bucket.lowerBound + (owner + 1) * share + more(before: owner + 1))
            turn = (turn + longer) % owners
            let elements = elements(of: blocks)
            stretches.append(OwnedSlice.Stretch(blocks: blocks, elements: elements, start: start))
            start += OwnedSlice.rounded(elements.count)
        }
        return OwnedSlice(stretches: stretches)
    }

    /// The arena's elements from the first of these blocks to the end of the last, gaps between parameters included.
    private func elements(of blockRange: Range<Int>) -> Range<Int> {
        guard !blockRange.isEmpty else { return 0..<0 }
        return blocks[blockRange.lowerBound].range.lowerBound..<blocks[blockRange.upperBound - 1].range.upperBound
    }

    /// Joins one value a block to one a parameter, along the tree over the block index.
    public func perParameter(_ blockSums: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>) {
        for (parameter, range) in blocksOfParameter.enumerated() { sums[parameter] = Self.treeSum(blockSums, range) }
    }

    /// Joins `values[range]` along the tree of `ShardTree`.
    public static func treeSum(_ values: UnsafePointer<Double>, _ range: Range<Int>) -> Double {
        if range.count == 1 { return values[range.lowerBound] }
        let middle = ShardTree.split(range)
        return treeSum(values, range.lowerBound..<middle) + treeSum(values, middle..<range.upperBound)
    }

    /// The sum of squares of `count` elements, in `Double`: lane j of 16 takes elements j, j + 16, … in order; lanes are
    /// joined 8-4-2-1.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func squareSum<Scalar: TrainingScalar>(_ values: UnsafePointer<Scalar>, count: Int) -> Double {
        let sum: InlineArray<1, Double> = squareSums([values], count: count)
        return sum[0]
    }

    /// The sum of the squares of each of these blocks, as `squareSum` takes it.
    ///
    /// - Parameters:
    ///   - values: where element 0 of the arena's flat buffer is, or would be.
    ///   - sums: receives one number a block.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func squareSums<Scalar: TrainingScalar>(
        of blocks: UnsafeBufferPointer<Block>, _ values: UnsafePointer<Scalar>, into sums: UnsafeMutablePointer<Double>
    ) {
        var i = 0
        while i < blocks.count {
            let count = blocks[i].range.count
            if i &+ 3 < blocks.count && blocks[i &+ 1].range.count == count && blocks[i &+ 2].range.count == count
                && blocks[i &+ 3].range.count == count
            {
                var starts = InlineArray<4, UnsafePointer<Scalar>>(repeating: values)
                for b in 0..<4 { starts[unchecked: b] += blocks[i &+ b].range.lowerBound }
                let found = squareSums(starts, count: count)
                for b in 0..<4 { sums[i &+ b] = found[unchecked: b] }
                i &+= 4
            } else {
                sums[i] = squareSum(values + blocks[i].range.lowerBound, count: count)
                i &+= 1
            }
        }
    }

    /// Computes Y = A + B on `count` elements, and the sum of the squares of Y as `squareSum` takes it: while memory is
    /// waited for, there is something to multiply. Y may be A or B.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func addAndSquare<Scalar: TrainingScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int
    ) -> Double {
        var lanes = SIMD16<Double>(repeating: 0)
        var i = 0
        while i + 16 <= count {
            // In memory of their own first: what is still to be read cannot lie there.
            var sums = InlineArray<16, Scalar>(repeating: .zero)
            for j in 0..<16 { sums[unchecked: j] = a[i &+ j] + b[i &+ j] }
            var x = SIMD16<Double>()
            for j in 0..<16 {
                y[i &+ j] = sums[unchecked: j]
                x[j] = sums[unchecked: j].real
            }
            lanes.addProduct(x, x)
            i += 16
        }
        for j in 0..<(count - i) {
            y[i + j] = a[i + j] + b[i + j]
            let x = y[i + j].real
            lanes[j].addProduct(x, x)
        }
        return join(lanes)
    }

    @inline(__always)
    private static func join(_ lanes: SIMD16<Double>) -> Double {
        let eight = lanes.lowHalf + lanes.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1]
    }

    /// The sums of squares of several blocks of `count` elements side by side: a lane waits for its own last addition.
    @inline(__always)
    private static func squareSums<Scalar: TrainingScalar, let blocks: Int>(
        _ values: InlineArray<blocks, UnsafePointer<Scalar>>, count: Int
    ) -> InlineArray<blocks, Double> {
        var lanes = InlineArray<blocks, SIMD16<Double>>(repeating: SIMD16(repeating: 0))
        var i = 0
        while i + 16 <= count {
            for b in 0..<blocks {
                var x = SIMD16<Double>()
                for j in 0..<16 { x[j] = values[unchecked: b][i + j].real }
                lanes[unchecked: b].addProduct(x, x)
            }
            i += 16
        }
        var sums = InlineArray<blocks, Double>(repeating: 0)
        for b in 0..<blocks {
            for j in 0..<(count - i) {
                let x = values[unchecked: b][i + j].real
                lanes[unchecked: b][j].addProduct(x, x)
            }
            sums[unchecked: b] = join(lanes[unchecked: b])
        }
        return sums
    }
}
