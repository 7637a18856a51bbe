/// Memory that this rank writes soon and that its neighbours have read: a product asks for it while it computes, as otherwise
/// each line would be taken from a neighbour's cache when its turn comes.
///
/// Nobody else may need the memory from `restart` on until it is written.
public final class WritePrefetch {
    /// The line to ask for next; from the last line there is nowhere to go.
    public internal(set) var next: UnsafeMutableRawPointer
    let last: UnsafeMutableRawPointer
    private let first: UnsafeMutableRawPointer

    /// - Returns: nil for no memory, and for so much that it would drive out what is computed with.
    public init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress, !memory.isEmpty, memory.count <= Self.maximumBytes else { return nil }
        first = base
        next = base
        last = base + (memory.count - 1) / Self.lineBytes * Self.lineBytes
    }

    /// Begins at the first line again.
    public func restart() { next = first }

    /// A cache line.
    static var lineBytes: Int { 64 }

    /// What a last-level cache has room for beside a step's tensors.
    private static var maximumBytes: Int { 4 << 20 }
}
