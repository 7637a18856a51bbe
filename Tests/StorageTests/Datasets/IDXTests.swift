import Storage
import Testing

@Suite(.timeLimit(.minutes(1))) struct IDXTests {
    private func failure(_ bytes: [UInt8]) -> StorageError? {
        #expect(throws: StorageError.self) { try IDX.parse(bytes, name: "file") }
    }

    @Test func bytesAndFloatsPlainAndGzipped() throws {
        let small = IDXBytes.bytes([2, 3], [0, 1, 2, 253, 254, 255])
        let array = IDX(dimensions: [2, 3], values: .bytes([0, 1, 2, 253, 254, 255]))
        #expect(try IDX.parse(small, name: "file") == array)
        #expect(try IDX.parse(IDXBytes.gzip(small), name: "file") == array)
        let numbers: [Float] = [1, -2.5, .leastNonzeroMagnitude, 3e38]
        let floats = IDXBytes.floats([4], numbers)
        #expect(try IDX.parse(floats, name: "file") == IDX(dimensions: [4], values: .floats(numbers)))
        #expect(try IDX.parse(IDXBytes.gzip(floats), name: "file") == IDX(dimensions: [4], values: .floats(numbers)))
        let none = IDXBytes.bytes([0, 28, 28], [])
        #expect(try IDX.parse(none, name: "file") == IDX(dimensions: [0, 28, 28], values: .bytes([])))
    }

    /// Longer than the pieces that it is decompressed in; and in two members, as `cat a.gz b.gz` makes.
    @Test func longGzip() throws {
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
        let bytes = IDXBytes.bytes([3000, 1000], content)
        let array = IDX(dimensions: [3000, 1000], values: .bytes(content))
        #expect(try IDX.parse(IDXBytes.gzip(bytes), name: "file") == array)
        let members = try IDXBytes.gzip(Array(bytes[..<1_500_000])) + IDXBytes.gzip(Array(bytes[1_500_000...]))
        #expect(try IDX.parse(members, name: "file") == array)
    }

    @Test func wrongMagic() {
        for bytes: [UInt8] in [[0x89, 0x50, 0x4e, 0x47], [0, 0, 0x09, 1, 0, 0, 0, 0], [1, 0, 8, 1, 0, 0, 0, 0]] {
            let error = failure(bytes)
            #expect(error?.kind == .badData)
            #expect(error?.message.contains("neither IDX") == true)
            #expect(error?.message.contains("reading file:") == true)
        }
        #expect(failure([0, 0, 8, 0])?.message.contains("0 dimensions") == true)
    }

    @Test func truncatedAnywhere() throws {
        let bytes = IDXBytes.bytes([2, 3], [1, 2, 3, 4, 5, 6])
        for count in bytes.indices {
            #expect(failure(Array(bytes[..<count]))?.kind == .badData, "cut after \(count)")
        }
        let gzip = try IDXBytes.gzip(bytes)
        for count in gzip.indices {
            #expect(failure(Array(gzip[..<count]))?.kind == .badData, "gzip cut after \(count)")
        }
        // Whole as gzip, but what it holds is cut.
        #expect(try failure(IDXBytes.gzip(Array(bytes.dropLast(2))))?.message.contains("6 bytes; it holds 4") == true)
    }

    @Test func trailingBytes() throws {
        let bytes = IDXBytes.bytes([2, 3], [1, 2, 3, 4, 5, 6])
        #expect(failure(bytes + [0, 0])?.message.contains("2 trailing bytes") == true)
        #expect(try failure(IDXBytes.gzip(bytes + [0]))?.message.contains("trailing bytes") == true)
        #expect(try failure(IDXBytes.gzip(bytes) + [0, 1, 2])?.message.contains("3 trailing bytes") == true)
    }

    @Test func damagedGzip() throws {
        let bytes = IDXBytes.bytes([40, 50], (0..<2000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 2) })
        let gzip = try IDXBytes.gzip(bytes)
        var wrongCRC = gzip
        wrongCRC[gzip.count - 6] ^= 1
        #expect(failure(wrongCRC)?.message.contains("CRC-32 does not match") == true)
        var wrongLength = gzip
        wrongLength[gzip.count - 2] ^= 1
        #expect(failure(wrongLength)?.message.contains("length does not match") == true)
        // Every bit of the compressed data matters; the header's time, flags for extras and system do not.
        for index in 10..<gzip.count {
            var damaged = gzip
            damaged[index] ^= UInt8(1 << (index % 8))
            #expect(failure(damaged)?.kind == .badData, "byte \(index)")
        }
    }

    /// Claims far beyond the file fail at once, without memory for them.
    @Test func terabytesClaimed() throws {
        let claims: [[UInt32]] = [
            [1 << 31, 1 << 10, 1 << 10], [UInt32.max, UInt32.max], [UInt32.max, UInt32.max, UInt32.max],
            [1 << 20, 1 << 20],
        ]
        for dimensions in claims {
            for type: UInt8 in [0x08, 0x0D] {
                let bytes = IDXBytes.header(type, dimensions) + [1, 2, 3]
                #expect(failure(bytes)?.kind == .badData)
                #expect(try failure(IDXBytes.gzip(bytes))?.kind == .badData)
            }
        }
        #expect(failure(IDXBytes.header(8, [1 << 20, 1 << 20]))?.message.contains("1099511627776 bytes") == true)
    }

    /// What a gzip holds beyond the header's claim is not decompressed: that takes far less time than a claim that is true.
    @Test func gzipBomb() throws {
        let zeros = [UInt8](repeating: 0, count: 10_000_000)
        let clock = ContinuousClock()
        let honest = try IDXBytes.gzip(IDXBytes.bytes([10, 1_000_000], zeros))
        let bomb = try IDXBytes.gzip(IDXBytes.bytes([2, 3], zeros))
        let honestTime = try clock.measure { _ = try IDX.parse(honest, name: "file") }
        let bombTime = clock.measure { #expect(failure(bomb)?.message.contains("trailing bytes") == true) }
        #expect(bombTime * 4 < honestTime)
    }
}
