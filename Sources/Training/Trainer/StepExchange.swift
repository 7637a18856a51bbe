import Core
import Distributed

/// What the ranks tell each other when a batch's gradient is reduced, all at once: the sum of its losses, the squares that make
/// the gradient's norm, and flags. Each comes to the same bits on every rank and at any number of ranks.
final class StepExchange: BatchReduction {
    private let blocks: ParameterBlocks
    private let reduction: any GradientReduction<Float>
    private let partitions: BatchPartitions
    private let all: AlignedBuffer<Double>
    private let perParameter: AlignedBuffer<Double>
    private var flags: UInt64 = 0
    private var norm = 0.0
    /// Whether the ranks have met: once in every run.
    private var isDone = false

    init(blocks: ParameterBlocks, reduction: any GradientReduction<Float>, partitions: BatchPartitions) {
        self.blocks = blocks
        self.reduction = reduction
        self.partitions = partitions
        all = AlignedBuffer(count: blocks.blocks.count)
        perParameter = AlignedBuffer(count: blocks.blocksOfParameter.count)
    }

    /// What comes of an exchange.
    struct Result {
        /// The sums over the global batch.
        let metrics: BatchMetrics<Double>
        /// ‖g‖ over all parameters.
        let norm: Double
        /// The bits that any rank has set.
        let flags: UInt64
    }

    /// Sums the losses of the batch, whose last pass is `context`'s, and the squares of what every rank has reduced.
    ///
    /// - Parameter flags: this rank's.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: one wait; no allocation once as long a record has been exchanged.
    func run(_ loss: any Loss<Float>, _ context: PassContext, joining flags: UInt64) -> Result {
        self.flags = flags
        isDone = false
        var context = context
        context.batchReduction = self
        let metrics = loss.metrics(context)
        precondition(isDone, "a loss took its metrics without a sum over the batch")
        return Result(metrics: metrics, norm: norm, flags: self.flags)
    }

    /// The loss's sum: the others go along with it.
    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into records: UnsafeMutablePointer<Element>
    ) {
        precondition(!isDone && scope == .batch, "a loss takes its metrics by one sum over the batch")
        isDone = true
        partitions.reduction.reduce(
            roots, length: length, merge: merge, layout: layout, over: scope, into: records
        ) { bytes in
            flags = reduction.allgatherBlocks(
                reduction.blockSquareSums, into: all.base, joining: flags, along: bytes)
            blocks.perParameter(all.base, into: perParameter.base)
            norm = GradientClipping.norm(parameterSums: perParameter.base, count: perParameter.count)
        }
    }
}
