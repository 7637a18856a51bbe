import CSystem
import Glibc

/// Zero-filled memory of this process alone, given when it is first touched: in large pages, where the system has them, but for
/// an end that would use less than half of one. A CPU remembers the addresses of some thousand pages, which small ones of 4 KB
/// soon exceed.
public final class LargePages: @unchecked Sendable {
    /// The large page of x86-64 and of 64-bit Arm.
    public static var pageBytes: Int { 2 << 20 }

    /// The first byte, at a page.
    public let base: UnsafeMutableRawPointer
    /// The bytes that are there: what was asked for, or more.
    public let byteCount: Int

    /// Whole large pages where at least half of the last one is used.
    public static func rounded(_ byteCount: Int) -> Int {
        let end = byteCount % pageBytes
        return end < pageBytes / 2 ? byteCount : byteCount - end + pageBytes
    }

    /// - Parameter byteCount: how many are needed.
    public init(byteCount needed: Int) {
        byteCount = Self.rounded(needed)
        OutOfMemory.check(byteCount)
        let isLarge = byteCount >= Self.pageBytes
        // Of somewhat more addresses those from a large page on.
        let reserved = byteCount + (isLarge ? Self.pageBytes : 0)
        let memory = mmap(nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            OutOfMemory.end(
                "no memory for \(byteCount) bytes: \(String(cString: strerror(errno))); raise the limit (ulimit -v)")
        }
        guard isLarge else {
            base = memory
            return
        }
        base = memory.alignedUp(toMultipleOf: Self.pageBytes)
        if base > memory { munmap(memory, base - memory) }
        let end = (base + byteCount).alignedUp(toMultipleOf: sysconf(Int32(_SC_PAGESIZE)))
        if memory + reserved > end { munmap(end, memory + reserved - end) }
        dtrain_prefer_huge_pages(base, byteCount)
    }

    deinit { munmap(base, byteCount) }
}
