import Glibc

/// What tells whether two processes can share memory: they run under one kernel and see one /dev/shm.
///
/// A container may have a host's name and a /dev/shm of its own.
struct MemoryDomain: Hashable, BitwiseCopyable {
    /// The kernel's identifier of this boot.
    private var boot = SIMD2<UInt64>()
    /// The file system at /dev/shm; 0 if there is none.
    private var device: UInt64 = 0

    /// This process's.
    static var current: MemoryDomain {
        var domain = MemoryDomain()
        var status = stat()
        if stat(SharedSegment.folder, &status) == 0 { domain.device = UInt64(status.st_dev) }
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else { return domain }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 36)
        guard fread(&text, 1, text.count, file) == text.count else { return domain }
        let digits = String(decoding: text.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        domain.boot = SIMD2(UInt64(digits.prefix(16), radix: 16) ?? 0, UInt64(digits.suffix(16), radix: 16) ?? 0)
        return domain
    }
}
