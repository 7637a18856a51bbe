/// The memory that the native products work in, allocated once.
final class ProductWorkspace<Scalar: VectorScalar> {
    /// A strip of packed columns: dY's of all rows, or some of W's transposed; and room behind it for a block as high and as
    /// wide as a panel.
    let packed: AlignedBuffer<Scalar>
    /// Whether `packed` holds all of W transposed, as the last input gradient packed it.
    var holdsWeight = false
    /// Rows of X or dY, or X's columns as rows, that lie close together; only for large products.
    let packedRows: AlignedBuffer<Scalar>
    /// Finished subtrees of the block of dW at hand; only for large products.
    let blocks: AlignedBuffer<Scalar>
    /// Where the weight's last panel is narrower than all others: the transpose of its dW, and a block as high and as wide
    /// as a panel.
    let lastPanel: AlignedBuffer<Scalar>
    /// Finished subtrees of the tiles at hand, one a level, above two levels with another purpose.
    let stack: AlignedBuffer<Scalar>
    let maximumRows: Int
    var schedule: ShardSchedule

    private static var panelBlock: Int { ParameterLayout.panelWidth * ParameterLayout.panelWidth }
    /// The packed elements that there is room for.
    var roomForColumns: Int { packed.count - Self.panelBlock }

    /// The tiles of dW that go through a shard together: of eight rows in single precision, those of a cache line of X.
    static var tilesPerLevel: Int { 2 }
    /// The elements of one level: room for so many of the largest tiles.
    static var levelSize: Int { tilesPerLevel * 3 * 8 * ParameterLayout.panelWidth }
    /// The level of −0s: what is added where nothing is to be added. The level below is written and never read.
    static var negativeZeros: Int { 1 }

    init(inputs: Int, outputs: Int, rowsPerSample: Int, limits: PassLimits, keepsWeight: Bool) {
        let width = ParameterLayout.panelWidth
        maximumRows = limits.rows * rowsPerSample
        let strip = ProductTiling.stripWidth(of: Scalar.self)
        // What a pass of fewer rows, or of fewer shards, could need.
        let cutsWeight = ProductTiling.cutsWeight(rows: maximumRows, inputs: inputs, shards: 1, of: Scalar.self)
        let widens = ProductTiling.widensStrips(rows: maximumRows, outputs: outputs, of: Scalar.self)
        let packsRows = ProductTiling.packsRows(maximumRows, inputs: inputs, outputs: outputs, of: Scalar.self)
        let transposed = ProductTiling.packedCount(inputs) * outputs
        packed = AlignedBuffer(
            count: max(
                maximumRows * (cutsWeight ? ProductTiling.blockColumns : strip),
                min(outputs, ProductTiling.depth) * (widens ? ProductTiling.wideStrip : strip),
                keepsWeight || transposed <= ProductTiling.keptWeight ? transposed : 0) + Self.panelBlock)
        packedRows = AlignedBuffer(
            count: packsRows || widens || cutsWeight ? ProductTiling.packedRowsCount(of: Scalar.self) : 0)
        blocks = AlignedBuffer(
            count: cutsWeight
                ? ShardSchedule.depth(shards: limits.shards) * ProductTiling.blockRows * ProductTiling.blockColumns : 0)
        lastPanel = AlignedBuffer(count: outputs % width == 0 ? 0 : inputs * width + Self.panelBlock)
        let levels = ShardSchedule.firstLevel + ShardSchedule.depth(shards: limits.shards)
        stack = AlignedBuffer(count: levels * Self.levelSize)
        for i in 0..<Self.levelSize { stack[Self.negativeZeros * Self.levelSize + i] = -.zero }
        schedule = ShardSchedule(capacity: limits.shards)
    }

    /// Where rows are packed; nil if no pass of as many rows as was prepared for does that.
    var roomForRows: UnsafeMutablePointer<Scalar>? { packedRows.count == 0 ? nil : packedRows.base }

    deinit { schedule.deallocate() }
}
