/// Whether a pass learns or only predicts: batchnorm and dropout differ.
public enum PassMode: Sendable {
    case training
    case inference
}

/// What every layer is told about the pass it takes part in.
public struct PassContext {
    public let mode: PassMode
    /// The run's 64-bit seed: the key of every random number.
    public let seed: UInt64
    /// The step of the run, from 0; skipped steps count.
    public let step: Int
    /// The rows of the global batch over all ranks and all of its passes: the n of the mean loss.
    public let globalRows: Int
    /// The rows of this pass over all ranks: times the places of a sample, the n that batchnorm normalises by. Fewer than
    /// `globalRows` where the batch is taken in several passes.
    public let passRows: Int
    /// The position in the epoch of this pass's first row; row r is at `firstPosition + r`.
    public let firstPosition: Int
    /// Where each shard's rows begin, and the subtrees whose gradient partials this pass makes.
    public let shards: ShardLayout
    /// The dataset index of each row, for reports; empty where the rows are not from a dataset.
    public let sampleIndices: UnsafeBufferPointer<UInt32>
    /// Whether a forward pass is made again for its backward pass, which needs the activations: nothing else may come of it.
    public internal(set) var isRecomputation = false
    /// Sums over the pass and over the global batch.
    public var batchReduction: any BatchReduction

    /// - Parameter passRows: nil where one pass takes the whole batch.
    public init(
        mode: PassMode, seed: UInt64, step: Int, globalRows: Int, passRows: Int? = nil, firstPosition: Int,
        shards: ShardLayout,
        sampleIndices: UnsafeBufferPointer<UInt32> = UnsafeBufferPointer(start: nil, count: 0),
        batchReduction: any BatchReduction
    ) {
        self.mode = mode
        self.seed = seed
        self.step = step
        self.globalRows = globalRows
        self.passRows = passRows ?? globalRows
        self.firstPosition = firstPosition
        self.shards = shards
        self.sampleIndices = sampleIndices
        self.batchReduction = batchReduction
    }
}

/// The most that any pass will bring, so that everything is allocated before the first.
public struct PassLimits: Sendable {
    /// Rows of this rank in one pass.
    public let rows: Int
    /// Shards of this rank.
    public let shards: Int
    /// Roots that this rank exports.
    public let roots: Int
    /// Finished subtrees that wait between two passes of a batch; 0 where one pass takes the whole batch.
    public let waiting: Int

    public init(rows: Int, shards: Int, roots: Int, waiting: Int = 0) {
        self.rows = rows
        self.shards = shards
        self.roots = roots
        self.waiting = waiting
    }
}
