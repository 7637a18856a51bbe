/// The memory that the native products work in, allocated once.
final class ProductWorkspace<Scalar: VectorScalar> {
    /// A strip of packed columns: dY's of all rows, or W's transposed.
    let packed: AlignedBuffer<Scalar>
    /// A panel of dW as wide as all others, where the weight's last one is narrower.
    let lastPanel: AlignedBuffer<Scalar>
    /// Finished subtrees of the tile at hand.
    let stack: AlignedBuffer<Scalar>
    /// The levels of `stack`, the one not counted where nobody looks.
    let depth: Int
    let maximumRows: Int
    var schedule: ShardSchedule

    init(inputs: Int, outputs: Int, limits: PassLimits) {
        let width = ParameterLayout.panelWidth
        packed = AlignedBuffer(count: max(limits.rows, outputs) * ProductTiling.stripWidth)
        lastPanel = AlignedBuffer(count: outputs % width == 0 ? 0 : inputs * width)
        depth = ShardSchedule.depth(shards: limits.shards)
        stack = AlignedBuffer(count: (depth + 1) * ProductTiling.rows * 3 * width)
        maximumRows = limits.rows
        schedule = ShardSchedule(capacity: limits.shards)
    }

    deinit { schedule.deallocate() }
}
