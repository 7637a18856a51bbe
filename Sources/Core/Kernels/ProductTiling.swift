import CSystem

/// The tile that the build's registers hold, and how much is done at a time to stay in the caches.
enum ProductTiling {
    /// Whether tiles are several vectors wide, not one. Folded when compiling.
    @inline(__always)
    static var isWide: Bool { dtrain_vector_bytes() == 64 }

    /// Whether a panel is two vectors: then the widest tiles have four, as half a panel comes from memory no sooner than all
    /// of it. Others have three.
    @inline(__always)
    static func halvesPanels<Scalar: VectorScalar>(of: Scalar.Type) -> Bool {
        Scalar.laneCount < ParameterLayout.panelWidth
    }

    /// As many accumulators as leave room for the operands. AVX-512 has 32 registers of one vector: 8 rows of 3, or 6 of 4.
    /// AVX2 has 16 of half a vector: 6 rows of 1 (12 accumulators, 2 of the weight, 1 or 2 of the input).
    @inline(__always)
    static func rows(vectors: Int) -> Int { isWide && vectors < 4 ? 8 : 6 }

    /// The most rows of a tile of dW. One vector or two leave registers for more rows, and their chains hide each other's
    /// latency; where each row has a pointer of its own, as in Y, there are no registers for so many of those.
    @inline(__always)
    static func gradientRows(vectors: Int) -> Int {
        guard isWide else { return rows(vectors: vectors) }
        return vectors == 1 ? 16 : vectors == 2 ? 12 : rows(vectors: vectors)
    }

    /// The most neighbouring places of a convolution's output in a tile of windows, of two vectors or one, or of half a one.
    @inline(__always)
    static func placesOfWindows(isHalf: Bool) -> Int { isWide ? (isHalf ? 16 : 8) : (isHalf ? 12 : 6) }

    /// The most neighbouring elements of a line of a convolution's windows in a tile of dW.
    @inline(__always)
    static func elementsOfWindow(isHalf: Bool) -> Int { isWide || isHalf ? 8 : 6 }

    /// The most neighbouring pixels in a tile of a convolution's dX: two accumulators an element, of the window's chain and of
    /// the sum.
    @inline(__always)
    static func pixels(vectors: Int, isHalf: Bool) -> Int {
        guard isWide else { return isHalf ? 6 : 3 }
        return vectors == 1 ? 8 : 6
    }

    /// No tile of a convolution has more vectors.
    static let convolutionVectors = 16

    /// The columns that are packed at a time: those of the widest tile.
    @inline(__always)
    static func stripWidth<Scalar: VectorScalar>(of: Scalar.Type) -> Int {
        guard isWide else { return ParameterLayout.panelWidth }
        return (halvesPanels(of: Scalar.self) ? 4 : 3) * Scalar.laneCount
    }

    /// How many rows before it is copied a row is asked for: longer than memory takes.
    static let rowsAhead = 16

    /// The columns of the whole panels that `columns` columns are packed into.
    @inline(__always)
    static func packedCount(_ columns: Int) -> Int {
        let width = ParameterLayout.panelWidth
        return (columns + width - 1) / width * width
    }

    /// The steps of k at a time: 32 KB of one vector of columns.
    static let depth = 512

    /// The steps of k at a time of a forward product whose rows are read where they are: all of them where those are not many
    /// more, so that Y is written once and not read.
    @inline(__always)
    static func forwardDepth(inputs: Int) -> Int { isWide && inputs <= 2 * depth ? 2 * depth : depth }

    /// The bytes of X's rows at a time: half a second-level cache, which is 1 MB or more where vectors are of 64 bytes.
    @inline(__always)
    static var bytesOfRows: Int { isWide ? 512 << 10 : 256 << 10 }

    /// The columns of dX at a time where rows of dY are packed: enough that each packed number is used in many tiles.
    static let wideStrip = 768

    /// The elements of a weight for which there is always room to keep it packed from one input gradient to the next: a quarter
    /// of a second-level cache.
    static let keptWeight = 1 << 16

    /// The columns of dX at a time: all of them where W is that small, as they then end with the fewest narrow tiles.
    @inline(__always)
    static func narrowStrip<Scalar: VectorScalar>(inputs: Int, outputs: Int, of: Scalar.Type) -> Int {
        let whole = packedCount(inputs)
        return whole * outputs <= keptWeight ? whole : stripWidth(of: Scalar.self)
    }

    /// The block of dW that large products are cut into, and the rows of one shard that go through it at a time: the block,
    /// and its part of X, take a quarter of a megabyte.
    static let blockRows = 128
    static let blockColumns = 384
    static let shardDepth = 256

    /// The rows of X that go together, `depth` numbers of each.
    @inline(__always)
    static func rowsOfBlock<Scalar>(depth: Int, of: Scalar.Type) -> Int {
        max(8, bytesOfRows / (depth * MemoryLayout<Scalar>.stride))
    }

    /// How far apart packed rows of `depth` numbers are: whole panels' rows, and an odd number of lines, so that a tile's rows do
    /// not meet in one set of the first-level cache.
    @inline(__always)
    static func packedStride<Scalar>(depth: Int, of: Scalar.Type) -> Int {
        let (width, line) = (ParameterLayout.panelWidth, 64 / MemoryLayout<Scalar>.stride)
        return ((depth + width - 1) / width * width / line | 1) * line
    }

    /// The room that packed rows need.
    static func packedRowsCount<Scalar>(of: Scalar.Type) -> Int {
        max(
            rowsOfBlock(depth: depth, of: Scalar.self) * packedStride(depth: depth, of: Scalar.self),
            blockRows * packedStride(depth: shardDepth, of: Scalar.self))
    }

    /// Whether the forward product packs X's rows: where they lie so far apart that they share sets of the caches, and are read
    /// often enough to make up for the copy.
    @inline(__always)
    static func packsRows<Scalar>(_ rows: Int, inputs: Int, outputs: Int, of: Scalar.Type) -> Bool {
        inputs * MemoryLayout<Scalar>.stride >= 4096 && outputs >= 384 && rows >= 64
    }

    /// Whether dX is computed in wide strips of packed rows: where a narrow strip would bring dY from memory again and again.
    @inline(__always)
    static func widensStrips<Scalar>(rows: Int, outputs: Int, of: Scalar.Type) -> Bool {
        rows * outputs * MemoryLayout<Scalar>.stride > 16 << 20
    }

    /// Whether dW is computed in blocks: where X does not stay in the caches from one strip of columns to the next, and shards
    /// are long enough to make up for merging them in memory.
    @inline(__always)
    static func cutsWeight<Scalar>(rows: Int, inputs: Int, shards: Int, of: Scalar.Type) -> Bool {
        rows * inputs * MemoryLayout<Scalar>.stride > 8 << 20 && rows >= 64 * shards
    }
}
