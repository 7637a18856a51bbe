import Glibc

/// What this host could still give without swapping.
public enum FreeMemory {
    /// Smaller blocks are not held against what is free: that would take longer than making them.
    private static var large: Int { 64 << 20 }

    /// What to say where the host could not give `byteCount` bytes; nil where it could.
    public static func lack(for byteCount: Int) -> String? {
        guard byteCount >= large, let bytes, byteCount > bytes else { return nil }
        return "no memory for \(byteCount) bytes: the host has \(bytes) left"
    }

    /// `MemAvailable`; nil where the system does not say.
    public static var bytes: Int? {
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = fread(&text, 1, text.count, file)
        let line = text[..<count].split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "MemAvailable:".utf8) }
        let digits = line?.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return digits.flatMap { Int(String(decoding: $0, as: UTF8.self)) }.map { $0 << 10 }
    }
}
