import Core
import Distributed

/// The norm of the reduced gradient, the same bits on every rank and at any number of ranks.
final class GradientNorms {
    private let blocks: ParameterBlocks
    private let reduction: any GradientReduction<Float>
    private let owned: AlignedBuffer<Double>
    private let all: AlignedBuffer<Double>
    private let perParameter: AlignedBuffer<Double>

    init(blocks: ParameterBlocks, reduction: any GradientReduction<Float>) {
        self.blocks = blocks
        self.reduction = reduction
        owned = AlignedBuffer(count: reduction.ownedBlocks.count)
        all = AlignedBuffer(count: blocks.blocks.count)
        perParameter = AlignedBuffer(count: blocks.blocksOfParameter.count)
    }

    /// Computes ‖g‖ over all parameters from the owned elements of every rank.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: no allocation.
    func total(_ gradient: UnsafePointer<Float>) -> Double {
        let first = reduction.ownedElements.lowerBound
        for (i, block) in reduction.ownedBlocks.enumerated() {
            let range = blocks.blocks[block].range
            owned[i] = ParameterBlocks.squareSum(gradient + (range.lowerBound - first), count: range.count)
        }
        reduction.allgatherBlocks(owned.base, into: all.base)
        blocks.perParameter(all.base, into: perParameter.base)
        return GradientClipping.norm(parameterSums: perParameter.base, count: perParameter.count)
    }
}
