import Core

/// Memory that several ranks of one node see, each at an address of its own: zero-filled, page-aligned, freed with the last
/// of them.
///
/// Sixty-four bytes past the end are readable, so that a vector load that begins at the last element stays inside.
public final class SharedMemory {
    /// The first byte.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int
    /// Keeps alive what the memory is a part of.
    private let owner: AnyObject

    init(base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
        self.base = base
        self.byteCount = byteCount
        self.owner = owner
    }

    /// The bytes behind `byteCount` that are there as well.
    static var slack: Int { 64 }

    /// Memory of this process alone, for one rank or for ranks that are its threads.
    convenience init(byteCount: Int) {
        let pages = LargePages(byteCount: byteCount + Self.slack)
        self.init(base: pages.base, byteCount: byteCount, owner: pages)
    }
}

/// Why ranks of a node have no common memory; the same on every rank.
public struct SharedMemoryError: Error, CustomStringConvertible {
    public let description: String
}
