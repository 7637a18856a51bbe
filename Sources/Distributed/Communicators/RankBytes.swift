/// What ranks give each other: each its own bytes, and all receive those of all, in rank order.
public struct RankBytes {
    public let own: UnsafeRawBufferPointer
    /// How many each rank has.
    public let counts: [Int]
    /// Receives them.
    public let all: UnsafeMutableRawBufferPointer

    public init(own: UnsafeRawBufferPointer, counts: [Int], all: UnsafeMutableRawBufferPointer) {
        self.own = own
        self.counts = counts
        self.all = all
    }
}
