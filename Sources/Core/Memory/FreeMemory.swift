import Glibc

/// What this host could still give without swapping.
public enum FreeMemory {
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
