import CZlib

/// Gzip read piece by piece, by zlib (`inflate`), so that no claim in it is believed before its bytes are there.
final class Gunzip {
    private var stream = z_stream()
    private let input: UnsafeBufferPointer<UInt8>
    private let name: String
    private var isAtEnd = false

    /// - Parameters:
    ///   - input: all of the file; must outlive this.
    ///   - name: the file, for messages.
    init(_ input: UnsafeBufferPointer<UInt8>, name: String) {
        self.input = input
        self.name = name
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        // 15 bits of window, + 16: a gzip header and its CRC-32.
        let status = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not start: status \(status)")
    }

    deinit {
        inflateEnd(&stream)
    }

    /// Whether the bytes begin as gzip does.
    static func isGzip(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
    }

    /// Appends up to `count` bytes to `output`: fewer only at the end, whose CRC-32 and length are then checked.
    ///
    /// - Throws: `badData`: damaged, truncated, or followed by something else.
    func read(_ count: Int, into output: inout [UInt8]) throws(StorageError) {
        var wanted = count
        while wanted > 0 && !isAtEnd {
            let piece = min(wanted, 1 << 20)
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: piece))
            let made = try output.withUnsafeMutableBufferPointer { buffer throws(StorageError) -> Int in
                try inflatePiece(into: buffer.baseAddress! + start, count: piece)
            }
            output.removeLast(piece - made)
            wanted -= made
        }
    }

    /// Fills `count` bytes, or as many as there are.
    private func inflatePiece(into output: UnsafeMutablePointer<UInt8>, count: Int) throws(StorageError) -> Int {
        stream.next_out = output
        stream.avail_out = UInt32(count)
        while stream.avail_out > 0 && !isAtEnd {
            stream.avail_in = UInt32(min(input.count - consumedCount, 1 << 30))
            switch inflate(&stream, Z_NO_FLUSH) {
            case Z_OK: continue
            case Z_STREAM_END: try endMember()
            case Z_BUF_ERROR: throw bad("its gzip data is truncated: it ends in mid-stream after \(input.count) bytes")
            case Z_MEM_ERROR: throw StorageError(.inputOutput, "reading \(name): no memory to decompress it")
            default: throw bad("its gzip data is damaged: \(damage)")
            }
        }
        return count - Int(stream.avail_out)
    }

    /// At the end of a member: another may follow (RFC 1952, 2.2); anything else may not.
    private func endMember() throws(StorageError) {
        let left = input[consumedCount...]
        if left.isEmpty {
            isAtEnd = true
        } else if left.starts(with: [0x1f, 0x8b]) {
            inflateReset(&stream)
        } else {
            throw bad("\(left.count) trailing bytes follow its gzip data")
        }
    }

    private var consumedCount: Int {
        UnsafePointer(stream.next_in!) - input.baseAddress!
    }

    /// What zlib found; the words of RFC 1952 for the two checks at a stream's end.
    private var damage: String {
        switch stream.msg.map({ String(cString: $0) }) {
        case "incorrect data check": "its CRC-32 does not match"
        case "incorrect length check": "its length does not match"
        case let message?: message
        case nil: "unreadable"
        }
    }

    private func bad(_ found: String) -> StorageError {
        StorageError(.badData, "reading \(name): \(found)")
    }
}
