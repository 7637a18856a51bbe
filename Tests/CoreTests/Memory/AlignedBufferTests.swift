import Core
import Glibc
import Testing

@Suite struct AlignedBufferTests {
    /// Bytes around those from which buffers lie in large pages with others, and around such a page.
    private static let sizes = [
        0, 1, 63, 64, 4096, (128 << 10) - 65, (128 << 10) - 64, 128 << 10, 200_001, 1 << 20, (2 << 20) - 64, 2 << 20,
        (2 << 20) + 1, 5 << 20,
    ]

    /// Every buffer begins with zeros at 64 bytes, and is nobody else's, whoever comes and goes beside it.
    @Test func buffersKeepTheirBytes() {
        var buffers: [(buffer: AlignedBuffer<UInt8>, byte: UInt8)] = []
        for round in 1...5 {
            for (index, size) in Self.sizes.enumerated() {
                let buffer = AlignedBuffer<UInt8>(count: size)
                #expect(UInt(bitPattern: buffer.base) % 64 == 0)
                #expect(buffer.elements.allSatisfy { $0 == 0 })
                let byte = UInt8(16 * round + index)
                // The 64 bytes past the end may be read; what is there is nobody's.
                for i in 0..<64 { _ = UnsafeRawPointer(buffer.base).load(fromByteOffset: size + i, as: UInt8.self) }
                buffer.base.update(repeating: byte, count: size)
                buffers.append((buffer, byte))
            }
            buffers = buffers.enumerated().filter { ($0.offset + round) % 3 != 0 }.map(\.element)
            for (buffer, byte) in buffers { #expect(buffer.elements.allSatisfy { $0 == byte }) }
        }
    }

    /// Memory of buffers that are gone is given back, though others came between them.
    @Test func memoryIsGivenBack() throws {
        let before = try Self.residentBytes()
        var kept: [AlignedBuffer<UInt8>] = []
        for _ in 0..<100 {
            let large = AlignedBuffer<UInt8>(count: 15 << 20)
            kept.append(AlignedBuffer<UInt8>(count: 256 << 10))
            let small = AlignedBuffer<UInt8>(count: 1 << 20)
            #expect(large[0] == 0 && small[0] == 0)
        }
        // All of it would be 1.6 GB; the small ones lie between those that stay.
        #expect(try Self.residentBytes() - before < 800 << 20)
        #expect(kept.allSatisfy { $0[0] == 0 })
    }

    /// Buffers take little more than they hold, of whole powers of two as well.
    @Test(arguments: [256 << 10, 1 << 20, 2 << 20, 4 << 20, 8 << 20])
    func pagesAreUsed(bytes: Int) throws {
        let buffers = (0..<(256 << 20) / bytes).map { _ in AlignedBuffer<UInt8>(count: bytes) }
        let ends = buffers.map { UInt(bitPattern: $0.base) }
        let pages = try Self.residentBytes(of: ends)
        #expect(pages >= 256 << 20 && pages < 300 << 20, "\(pages >> 20) MB for 256 of buffers of \(bytes)")
        withExtendedLifetime(buffers) {}
    }

    /// A buffer lies in large pages where the system gives some to those who ask.
    @Test func pagesAreLarge() throws {
        guard try Self.text("/sys/kernel/mm/transparent_hugepage/enabled")?.contains("[never]") == false else { return }
        let buffers = (0..<12).map { _ in AlignedBuffer<UInt8>(count: 700 << 10) }
        let pages = try withExtendedLifetime(buffers) {
            try Self.largePages(from: buffers[1].base, to: buffers[10].base)
        }
        #expect(pages > 4 << 20)
    }

    /// What the mappings that hold these addresses have in memory.
    private static func residentBytes(of addresses: [UInt]) throws -> Int {
        let sorted = addresses.sorted()
        var (isInside, total) = (false, 0)
        for line in try #require(try text("/proc/self/smaps")).split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2 { isInside = sorted.contains { ends[0] <= $0 && $0 < ends[1] } }
            if isInside, words[0] == "Rss:" { total += (Int(words[1]) ?? 0) << 10 }
        }
        return total
    }

    /// What this process has in memory.
    private static func residentBytes() throws -> Int {
        let words = try #require(try text("/proc/self/statm")).split(separator: " ")
        return (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The bytes in large pages of the mappings that hold any of these addresses.
    private static func largePages(from first: UnsafeMutablePointer<UInt8>, to last: UnsafeMutablePointer<UInt8>) throws
        -> Int
    {
        let addresses = [UInt(bitPattern: first), UInt(bitPattern: last)].sorted()
        var (isInside, total) = (false, 0)
        for line in try #require(try text("/proc/self/smaps")).split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2 { isInside = ends[0] <= addresses[1] && addresses[0] < ends[1] }
            if isInside, words[0] == "AnonHugePages:" { total += (Int(words[1]) ?? 0) << 10 }
        }
        return total
    }

    /// A whole file; nil where there is none.
    private static func text(_ path: String) throws -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&part, 1, part.count, file)
            if count == 0 { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
