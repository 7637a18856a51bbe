import Core

/// The sums that a merge plan asks of one owner, on one block of elements after the other: what is only on the way lies in a
/// scratch block, what comes out goes where it stays, and neighbours' operands keep their numbers.
final class BlockSums<Scalar: TrainingScalar> {
    /// A stretch of numbers: something cut like the arena, or the block at hand of something that is only on the way.
    private struct Place {
        let base: UnsafeMutablePointer<Scalar>
        /// 1 for the arena's elements, 0 for a scratch block: what a block's start is multiplied by.
        let scale: Int

        @inline(__always)
        func at(_ start: Int) -> UnsafeMutablePointer<Scalar> { base + start &* scale }
    }

    private struct Step {
        let left: Place
        /// Nil to copy.
        let right: Place?
        let target: Place
        /// Whether this rank takes the lines of what it has read (`TakenLines`).
        let takesLeft: Bool
        let takesRight: Bool

        /// Takes the lines of a block that has been added up.
        @inline(__always)
        func takeLines(_ start: Int, count: Int) {
            if takesLeft { TakenLines.take(left.at(start), count: count) }
            if takesRight, let right { TakenLines.take(right.at(start), count: count) }
        }
    }

    /// Where the batch's sum goes.
    private var result: UnsafeMutablePointer<Scalar>
    private var steps: [Step] = []
    /// Where each operand, and what it was merged into, is by now.
    private var places: [Place?] = []
    /// For each operand, the last step that gives it a new value; −1 for none.
    private var lastStep: [Int] = []
    private let scratch: AlignedBuffer<Scalar>

    /// - Parameter capacity: the most operands of a plan.
    init(capacity: Int) {
        scratch = AlignedBuffer(count: max(1, capacity) * ParameterBlocks.elementsPerBlock)
        result = scratch.base
        steps.reserveCapacity(2 * capacity)
        places.reserveCapacity(capacity)
        lastStep.reserveCapacity(capacity)
    }

    /// Lays out the sums.
    ///
    /// - Parameters:
    ///   - node: whose own steps this rank takes, beside those of several nodes.
    ///   - operands: where element 0 of the arena is, or would be, of each operand; nil of those that other nodes have merged.
    ///   - takesLines: of each operand, whether it is a neighbour's, whose lines are taken.
    ///   - own: the same of the batch's sum.
    ///   - waiting: the same of the subtree in place i that waits for the next pass.
    /// - Complexity: O(operands); no allocation.
    func plan(
        _ plan: MergePlan, _ nodePlan: NodePlan, node: Int, _ operands: [UnsafeMutablePointer<Scalar>?],
        takesLines: [Bool], into own: UnsafeMutablePointer<Scalar>, _ waiting: (Int) -> UnsafeMutablePointer<Scalar>
    ) {
        steps.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        lastStep.removeAll(keepingCapacity: true)
        result = own
        for operand in operands {
            places.append(operand.map { Place(base: $0, scale: 1) })
            lastStep.append(-1)
        }
        for (index, step) in plan.steps.enumerated() where nodePlan.isTaken(index, by: node) {
            lastStep[step.left] = index
        }
        for (index, step) in plan.steps.enumerated() where nodePlan.isTaken(index, by: node) {
            let (left, right) = (places[step.left]!, places[step.right]!)
            var target = Place(base: scratch.base + step.left * ParameterBlocks.elementsPerBlock, scale: 0)
            if lastStep[step.left] == index, let place = plan.remaining.firstIndex(of: step.left) {
                target = Place(base: plan.isLast ? own : waiting(place), scale: 1)
            }
            // What an operand has been merged into is this rank's own.
            let takesLeft = takesLines[step.left] && left.base == operands[step.left]
            let takesRight = takesLines[step.right] && right.base == operands[step.right]
            steps.append(
                Step(left: left, right: right, target: target, takesLeft: takesLeft, takesRight: takesRight))
            places[step.left] = target
        }
        if plan.isLast {
            // Of one operand there is no sum.
            let number = plan.remaining[0]
            let place = places[number]!
            if place.base != own {
                steps.append(
                    Step(
                        left: place, right: nil, target: Place(base: own, scale: 1), takesLeft: takesLines[number],
                        takesRight: false))
            }
        } else {
            for (place, number) in plan.remaining.enumerated() where number >= plan.waiting && lastStep[number] < 0 {
                steps.append(
                    Step(
                        left: places[number]!, right: nil, target: Place(base: waiting(place), scale: 1),
                        takesLeft: takesLines[number], takesRight: false))
            }
        }
    }

    /// Takes the sums of all elements of `blocks`; what comes out of a sum is squared on the way.
    ///
    /// - Parameter squareSums: receives the sum of the squares of each block of the result; nil to leave that out.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func take(_ blocks: ArraySlice<ParameterBlocks.Block>, squareSums: UnsafeMutablePointer<Double>?) {
        let result = UnsafePointer(result)
        steps.withUnsafeBufferPointer { steps in
            blocks.withUnsafeBufferPointer { blocks in
                if let squareSums, let last = steps.last, let right = last.right, last.target.base == self.result {
                    let others = UnsafeBufferPointer(rebasing: steps.dropLast())
                    for (i, block) in blocks.enumerated() {
                        let (start, count) = (block.range.lowerBound, block.range.count)
                        take(others, start, count)
                        squareSums[i] = ParameterBlocks.addAndSquare(
                            last.left.at(start), right.at(start), into: last.target.at(start), count: count)
                        last.takeLines(start, count: count)
                    }
                    return
                }
                // So many as are squared side by side, while they are in the first-level cache.
                let together = ParameterBlocks.blocksTogether
                for group in Swift.stride(from: 0, to: blocks.count, by: together) {
                    let group = group..<min(group &+ together, blocks.count)
                    for i in group { take(steps, blocks[i].range.lowerBound, blocks[i].range.count) }
                    if let squareSums {
                        let summed = UnsafeBufferPointer(rebasing: blocks[group])
                        ParameterBlocks.squareSums(of: summed, result, into: squareSums + group.lowerBound)
                    }
                }
            }
        }
    }

    /// Takes these steps on the `count` elements from `start` on.
    @inline(__always)
    private func take(_ steps: UnsafeBufferPointer<Step>, _ start: Int, _ count: Int) {
        for step in steps {
            let (left, target) = (step.left.at(start), step.target.at(start))
            if let right = step.right {
                Elementwise.add(left, right.at(start), into: target, count: count)
            } else {
                target.update(from: left, count: count)
            }
            step.takeLines(start, count: count)
        }
    }
}
