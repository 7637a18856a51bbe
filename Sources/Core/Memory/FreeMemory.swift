import Glibc

/// What this host could still give.
public enum FreeMemory {
    /// Smaller blocks are not held against what is free: that would take longer than making them.
    private static var large: Int { 64 << 20 }

    /// Without swapping: `MemAvailable`; nil where the system does not say.
    public static var bytes: Int? { field("MemAvailable:") }

    /// What to say where the host could not give `byteCount` bytes, with swapping either; nil where it could.
    public static func lack(for byteCount: Int) -> String? {
        guard byteCount >= large, let bytes else { return nil }
        let all = bytes + (field("SwapFree:") ?? 0)
        return byteCount > all ? "no memory for \(byteCount) bytes: the host has \(all) left" : nil
    }

    /// A field of /proc/meminfo, in bytes.
    private static func field(_ name: String) -> Int? {
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = fread(&text, 1, text.count, file)
        let line = text[..<count].split(separator: UInt8(ascii: "\n")).first { $0.starts(with: name.utf8) }
        let digits = line?.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return digits.flatMap { Int(String(decoding: $0, as: UTF8.self)) }.map { $0 << 10 }
    }
}
