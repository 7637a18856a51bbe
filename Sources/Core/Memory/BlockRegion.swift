import Glibc
import Synchronization

/// Large pages that blocks are taken from, one after the other, as few blocks would fill one: they go with the last block in
/// them.
final class BlockRegion: @unchecked Sendable {
    /// From so many bytes on a block is taken from here; smaller ones stay in the C library's heap.
    static var smallestBlock: Int { 128 << 10 }
    /// From so many bytes on a block has a region of its own, which goes with it.
    private static var largestBlock: Int { 4 << 20 }
    /// The addresses of a region that blocks share; only what they use of it is memory.
    private static var sharedBytes: Int { 16 << 20 }

    /// A region with room; gone once all its blocks are.
    private struct Open {
        let thread: pthread_t
        weak var region: BlockRegion?
    }

    private static let open = Mutex([Open]())

    private let pages: LargePages
    /// The bytes that are taken; under the lock of `open`.
    private var taken = 0

    private init(byteCount: Int) { pages = LargePages(byteCount: byteCount) }

    /// Finds a place for a block of `byteCount` bytes, 64-byte aligned, in a region of this thread's, whose memory is next to its
    /// CPU.
    ///
    /// - Returns: the region, to be kept as long as the block is used, and the block's first byte.
    static func place(byteCount: Int) -> (region: BlockRegion, base: UnsafeMutableRawPointer) {
        let size = (byteCount + 63) / 64 * 64
        if size >= largestBlock {
            let region = BlockRegion(byteCount: size)
            return (region, region.take(size))
        }
        let thread = pthread_self()
        return open.withLock { open in
            open.removeAll { ($0.region?.free ?? 0) < smallestBlock }
            for entry in open where entry.thread == thread {
                if let region = entry.region, region.free >= size { return (region, region.take(size)) }
            }
            let region = BlockRegion(byteCount: sharedBytes)
            open.append(Open(thread: thread, region: region))
            return (region, region.take(size))
        }
    }

    private var free: Int { pages.byteCount - taken }

    private func take(_ size: Int) -> UnsafeMutableRawPointer {
        defer { taken += size }
        return pages.base + taken
    }
}
