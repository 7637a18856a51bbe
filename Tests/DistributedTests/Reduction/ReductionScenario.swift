import Core
import Distributed

/// Random partial gradients of every shard of a batch, what their tree sum is, and a collective routine that checks a
/// reduction against it.
struct ReductionScenario: Sendable {
    let shards: Int
    /// The rows of the batch; shards without a row are absent.
    let rows: Int
    /// The passes in which the batch is taken.
    let passes: Int
    let shapes: [Shape]
    /// Whether the ranks of a node share memory.
    let isShared: Bool
    /// The buckets that the arena is cut into: behind each parameter but the last ones.
    let buckets: Int
    /// The elements of the arena that belong to a parameter.
    private let isTrained: [Bool]
    /// For each shard, its partial of every element of the arena; nil where the shard has no row.
    private let partials: [[Float]?]
    /// The gradient of one rank alone: the tree over all shards.
    let expected: [Float]

    init(
        shards: Int, rows: Int, passes: Int = 1, shapes: [Shape] = [[37, 41], [41], [3, 700], [1]],
        isShared: Bool = true, buckets: Int = 1
    ) {
        precondition(buckets <= shapes.count)
        self.buckets = buckets
        self.isShared = isShared
        self.shards = shards
        self.rows = rows
        self.passes = passes
        self.shapes = shapes
        let arena = Self.arena(shapes)
        var isTrained = [Bool](repeating: false, count: arena.storageCount)
        for parameter in arena.parameters { for element in parameter.range { isTrained[element] = true } }
        self.isTrained = isTrained
        partials = ShardLayout.rowCounts(rows: rows, shards: shards).enumerated().map { shard, rows in
            rows == 0 ? nil : isTrained.indices.map { isTrained[$0] ? Self.partial(shard, $0) : 0 }
        }
        expected = Self.treeSum(0..<shards, partials)!
    }

    /// A full batch, a ragged one, one with fewer rows than shards, and one row. An array: a set's order would differ from
    /// process to process.
    static func batches(_ shards: Int) -> [Int] { [shards * 4, shards * 2 + shards / 2, max(1, shards - 3), 1] }

    /// An arena of these shapes, not sealed.
    func arena() -> ParameterArena<Float> { Self.arena(shapes) }

    private static func arena(_ shapes: [Shape]) -> ParameterArena<Float> {
        let arena = ParameterArena<Float>()
        for (index, shape) in shapes.enumerated() {
            _ = arena.declare("parameter\(index)", shape: shape, initializer: .constant(0), decays: true)
        }
        return arena
    }

    /// Element `element` of the partial of `shard`: of either sign, over six octaves, so that the order of a sum shows.
    private static func partial(_ shard: Int, _ element: Int) -> Float {
        let word = Philox.block(
            key: 42, counter: SIMD4(UInt32(element), UInt32(shard), 7, 9))
        let mantissa = Float(Int32(bitPattern: word.x)) / 2_147_483_648
        return mantissa * Float(1 << (word.y % 6))
    }

    /// The sum of `range` along the tree, with absent shards left out; nil if all are.
    private static func treeSum(_ range: Range<Int>, _ partials: [[Float]?]) -> [Float]? {
        if range.count == 1 { return partials[range.lowerBound] }
        let middle = ShardTree.split(range)
        let left = treeSum(range.lowerBound..<middle, partials)
        let right = treeSum(middle..<range.upperBound, partials)
        guard let left, let right else { return left ?? right }
        return zip(left, right).map { $0 + $1 }
    }

    /// The sums that a trainer without the tree would make: shard after shard on a rank, rank after rank.
    func runningSums(ranks: Int) -> [Float] {
        let assignment = ShardAssignment(shards: shards, hostNames: [String](repeating: "h", count: ranks))
        func add(_ sum: [Float]?, _ next: [Float]) -> [Float] { sum.map { zip($0, next).map { $0 + $1 } } ?? next }
        let sums = (0..<ranks).compactMap { rank in
            assignment.shards(of: rank).compactMap { partials[$0] }.reduce(nil as [Float]?) { add($0, $1) }
        }
        return sums.reduce(nil as [Float]?) { add($0, $1) }!
    }

    /// Runs a step's reduction on every rank and compares every bit with one rank's.
    ///
    /// - Parameter trial: says which passes overlap.
    /// - Important: Collective.
    func violations(of base: any Communicator, trial: OverlapTrial = OverlapTrial()) -> [String] {
        let rank = base.rank
        var violations: [String] = []
        func require(_ condition: Bool, _ what: @autoclosure () -> String) {
            if !condition {
                violations.append(
                    "\(shards) shards in \(passes) passes, \(rows) rows, rank \(rank) of \(base.size): \(what())"
                )
            }
        }
        let assignment = ShardAssignment(shards: shards, passes: passes, hostNames: base.hostNames)
        let arena = arena()
        let roots = assignment.limits(of: rank, globalBatchSize: rows).roots
        let memory = ParameterWindow<Float>(
            base, storageCount: arena.storageCount, assignment: assignment, isShared: isShared)
        require(memory.failure == nil, "\(memory.failure!)")
        arena.seal(rootCount: roots, values: memory.values, gradients: memory.ownGradients(roots: roots))
        let bucketStarts = arena.parameters.map(\.offset).dropFirst().prefix(buckets - 1)
        let blocks = ParameterBlocks(arena.parameters, bucketStarts: Array(bucketStarts))
        let communicator = WindowCommunicator.over(base, memory.window)
        let reduction = NodeReduction(
            communicator: communicator, memory: memory, blocks: blocks, assignment: assignment, trial: trial)
        let partitions = assignment.partitions(rows: rows, rank: rank)
        for round in 0..<2 {
            var gradient: UnsafeMutablePointer<Float>!
            for (pass, partition) in partitions.enumerated() {
                let sums = assignment.roots(of: rank, pass: pass).map { range in
                    // What an absent root's memory holds must not matter.
                    Self.treeSum(range, partials) ?? [Float](repeating: .nan, count: arena.storageCount)
                }
                reduction.begin(partition)
                // As a backward pass does: from the last parameter to the first.
                for parameter in arena.parameters.reversed() {
                    let range = parameter.range
                    for (root, sum) in sums.enumerated() {
                        sum[range].withUnsafeBufferPointer {
                            (arena.gradients(root: root) + range.lowerBound).update(
                                from: $0.baseAddress!, count: range.count)
                        }
                    }
                    reduction.finished(from: range.lowerBound)
                }
                gradient = reduction.reduce(partition)
            }
            let owned = reduction.owned.stretches.flatMap(\.elements)
            require(
                owned.allSatisfy { !isTrained[$0] || gradient[$0].bitPattern == expected[$0].bitPattern },
                "round \(round): the gradient of elements \(reduction.owned.stretches.map(\.elements))")

            var sums = [Double](repeating: -1, count: blocks.blocks.count)
            // Of rank r so many bytes, each r: none of rank 0 in the first round.
            let counts = (0..<base.size).map { $0 * 5 + round * 200 }
            let along = AlignedBuffer<UInt8>(count: counts.reduce(0, +))
            let flags = [UInt8](repeating: UInt8(rank), count: counts[rank]).withUnsafeBytes { own in
                reduction.allgatherBlocks(
                    reduction.blockSquareSums, into: &sums, joining: 1 << UInt64(rank + round),
                    along: RankBytes(
                        own: own, counts: counts, all: UnsafeMutableRawBufferPointer(along.elements)))
            }
            require(flags == ((1 << UInt64(base.size)) - 1) << UInt64(round), "round \(round): flags \(flags)")
            require(
                Array(along.elements) == counts.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) },
                "round \(round): the bytes that go along")
            require(
                zip(blocks.blocks, sums).allSatisfy { block, sum in
                    expected[block.range].withUnsafeBufferPointer {
                        ParameterBlocks.squareSum($0.baseAddress!, count: $0.count) == sum
                    }
                }, "round \(round): the sums of squares")
            // Each rank its own elements: a node has one copy.
            for element in owned { arena.values[element] = .nan }
            for element in owned { arena.values[element] = expected[element] }
            reduction.publish()
            require(
                expected.indices.allSatisfy { arena.values[$0].bitPattern == expected[$0].bitPattern },
                "round \(round): the published values")
            communicator.barrier()
            memory.window.writeShared { arena.values.update(repeating: 0, count: arena.storageCount) }
        }

        let numbers = reduction.owned.blocks.map { Double($0) + 0.5 }
        var all = [Double](repeating: -1, count: blocks.blocks.count)
        _ = reduction.allgatherBlocks(numbers, into: &all, joining: 0, along: nil)
        require(all == blocks.blocks.indices.map { Double($0) + 0.5 }, "the blocks' numbers")

        var slice = [Float](repeating: 0, count: reduction.owned.count)
        for element in reduction.owned.stretches.flatMap(\.elements) {
            slice[reduction.owned.place(of: element)!] = Float(element)
        }
        var whole = [Float](repeating: 0, count: arena.storageCount)
        let elements = blocks.blocks.flatMap { Array($0.range) }
        whole.withUnsafeMutableBufferPointer {
            reduction.gather(slice, into: rank == 0 ? $0.baseAddress : nil)
        }
        require(rank != 0 || elements.allSatisfy { whole[$0] == Float($0) }, "a gathered slot")
        var back = [Float](repeating: -1, count: slice.count)
        whole.withUnsafeBufferPointer { reduction.scatter(rank == 0 ? $0.baseAddress : nil, into: &back) }
        let ownElements = reduction.owned.blocks.flatMap { Array(blocks.blocks[$0].range) }
        require(
            ownElements.allSatisfy { back[reduction.owned.place(of: $0)!] == Float($0) }, "a scattered slot")
        return violations
    }
}
