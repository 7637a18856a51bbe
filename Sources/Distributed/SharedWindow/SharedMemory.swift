import Glibc

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
        let heap = HeapMemory(byteCount: byteCount + Self.slack)
        self.init(base: heap.base, byteCount: byteCount, owner: heap)
    }
}

/// Page-aligned, zero-filled memory of this process; pages are given when first touched.
private final class HeapMemory {
    let base: UnsafeMutableRawPointer
    private let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            fatalError("no memory for \(byteCount) bytes: \(String(cString: strerror(errno)))")
        }
        base = memory
    }

    deinit { munmap(base, byteCount) }
}

/// Why ranks of a node have no common memory; the same on every rank.
public struct SharedMemoryError: Error, CustomStringConvertible {
    public let description: String
}
