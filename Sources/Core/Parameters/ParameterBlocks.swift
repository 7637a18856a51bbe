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

    public let blocks: [Block]
    /// For each parameter, its blocks.
    public let blocksOfParameter: [Range<Int>]

    public init(_ parameters: [Parameter]) {
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
    }

    /// The blocks that owner `owner` of `owners` has: contiguous, the first ones one longer; empty where there are more owners
    /// than blocks.
    public func blocks(of owner: Int, of owners: Int) -> Range<Int> {
        let share = blocks.count / owners
        let longer = blocks.count % owners
        let first = owner * share + min(owner, longer)
        return first..<(first + share + (owner < longer ? 1 : 0))
    }

    /// The arena's elements from the first of these blocks to the end of the last, gaps between parameters included.
    public func elements(of blockRange: Range<Int>) -> Range<Int> {
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
        var lanes = SIMD16<Double>(repeating: 0)
        var i = 0
        while i + 16 <= count {
            var x = SIMD16<Double>()
            for j in 0..<16 { x[j] = values[i + j].real }
            lanes.addProduct(x, x)
            i += 16
        }
        var j = 0
        while i < count {
            lanes[j].addProduct(values[i].real, values[i].real)
            i += 1
            j += 1
        }
        let eight = lanes.lowHalf + lanes.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1]
    }
}
