import CSystem
import Core
import Glibc

/// A piece of POSIX shared memory: made by one process, opened by others, without a name as soon as all have it, so that
/// whatever kills them leaves nothing behind.
///
/// Every page is asked for before it is used (`posix_fallocate`): a full /dev/shm is an error here, not a SIGBUS in a step. Then
/// small pages are made large ones, where the system can: samples in any order are otherwise twice as slow to read.
final class SharedSegment {
    /// What `shm_open` takes; empty where this process only opened it.
    private var name: String?
    private let file: Int32
    private(set) var base: UnsafeMutableRawPointer?
    /// What was reserved, `base` and all of the memory in it.
    private var addresses: UnsafeMutableRawBufferPointer?
    private let byteCount: Int

    /// Where the kernel keeps such memory.
    static var folder: String { "/dev/shm" }

    /// Makes a segment of `byteCount` bytes under a name that nobody has.
    init(creating byteCount: Int) throws(SharedMemoryError) {
        if let lack = FreeMemory.lack(for: byteCount) {
            throw SharedMemoryError(description: "cannot take \(byteCount) bytes of shared memory\(Self.free): \(lack)")
        }
        let name = "/dtrain-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        file = try Self.check(shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0o600), "create shared memory")
        self.name = name
        self.byteCount = LargePages.rounded(byteCount)
        try Self.check(ftruncate(file, off_t(self.byteCount)), "give shared memory \(byteCount) bytes")
    }

    /// Opens the segment that another process made.
    init(opening name: String, byteCount: Int) throws(SharedMemoryError) {
        file = try Self.check(shm_open(name, O_RDWR, 0o600), "open shared memory")
        self.byteCount = LargePages.rounded(byteCount)
    }

    deinit {
        removeName()
        if let addresses { munmap(addresses.baseAddress, addresses.count) }
        close(file)
    }

    /// What another process opens it by; nil once it has no name.
    var nameToOpen: String? { name }

    /// Maps all of it.
    func map() throws(SharedMemoryError) {
        // A large page in the file has to be one in the addresses too: of somewhat more addresses those from a large page on.
        let reserved = byteCount + LargePages.pageBytes
        let addresses = mmap(nil, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let addresses, addresses != MAP_FAILED else { throw Self.error("find \(reserved) bytes of addresses") }
        let start = addresses.alignedUp(toMultipleOf: LargePages.pageBytes)
        let memory = mmap(start, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0)
        guard let memory, memory != MAP_FAILED else {
            let error = Self.error("map \(byteCount) bytes of shared memory")
            munmap(addresses, reserved)
            throw error
        }
        self.addresses = UnsafeMutableRawBufferPointer(start: addresses, count: reserved)
        base = memory
    }

    /// Takes the pages of `range`, on the memory next to this process's CPU, where there are several.
    func fill(_ range: Range<Int>) throws(SharedMemoryError) {
        guard !range.isEmpty else { return }
        var status: Int32
        repeat { status = posix_fallocate(file, off_t(range.lowerBound), off_t(range.count)) } while status == EINTR
        guard status == 0 else {
            errno = status
            throw Self.error("take \(range.count) bytes of shared memory\(Self.free)")
        }
    }

    /// Makes the pages that begin in `range` large ones.
    ///
    /// - Precondition: mapped, and every process has filled what is its own: a large page is where most of its small ones were.
    func joinPages(of range: Range<Int>) {
        guard let base, !range.isEmpty else { return }
        let page = LargePages.pageBytes
        let first = (range.lowerBound + page - 1) / page * page
        let end = min((range.upperBound + page - 1) / page, byteCount / page) * page
        if first < end { dtrain_join_pages(base + first, end - first) }
    }

    /// Takes the name away: nobody can open it any more, and it ends with the last process that has it.
    func removeName() {
        if let name { shm_unlink(name) }
        name = nil
    }

    /// How much is left.
    private static var free: String {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return "" }
        return " (\(folder) has \(UInt64(status.f_bavail) * UInt64(status.f_frsize)) bytes left)"
    }

    @discardableResult
    private static func check(_ status: Int32, _ what: String) throws(SharedMemoryError) -> Int32 {
        guard status >= 0 else { throw error(what) }
        return status
    }

    private static func error(_ what: String) -> SharedMemoryError {
        SharedMemoryError(description: "cannot \(what): \(String(cString: strerror(errno)))")
    }
}
