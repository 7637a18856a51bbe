import Core
import Distributed

/// The norm of the reduced gradient, the same bits on every rank and at any number of ranks.
final class GradientNorms {
    private let blocks: ParameterBlocks
    private let reduction: any GradientReduction<Float>
    private let all: AlignedBuffer<Double>
    private let perParameter: AlignedBuffer<Double>

    init(blocks: ParameterBlocks, reduction: any GradientReduction<Float>) {
        self.blocks = blocks
        self.reduction = reduction
        all = AlignedBuffer(count: blocks.blocks.count)
        perParameter = AlignedBuffer(count: blocks.blocksOfParameter.count)
    }

    /// Computes ‖g‖ over all parameters from what every rank has summed, and joins on the way the ranks' flags, bit by bit: set
    /// where any rank's is.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: no allocation.
    func total(joining flags: UInt64) -> (norm: Double, flags: UInt64) {
        let flags = reduction.allgatherBlocks(reduction.blockSquareSums, into: all.base, joining: flags)
        blocks.perParameter(all.base, into: perParameter.base)
        return (GradientClipping.norm(parameterSums: perParameter.base, count: perParameter.count), flags)
    }
}
