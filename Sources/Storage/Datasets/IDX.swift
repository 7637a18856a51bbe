/// An array in the format of MNIST's files: big-endian, plain or gzipped.
///
/// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", file formats: two zero bytes,
/// the type (0x08 unsigned byte, 0x0D 32-bit float), the number of dimensions, each extent as 4 bytes, the elements with
/// the last index fastest.
public struct IDX: Sendable, Equatable {
    public enum Values: Sendable, Equatable {
        case bytes([UInt8])
        case floats([Float])
    }

    /// The extents; the first is the number of samples, and each may be 0.
    public let dimensions: [Int]
    public let values: Values

    public init(dimensions: [Int], values: Values) {
        self.dimensions = dimensions
        self.values = values
    }

    /// Reads an array; gzip is recognised by its first bytes.
    ///
    /// Memory follows the bytes that are there, never what the header claims; a gzip stream is followed no further than one
    /// byte past the claim.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: the file, for messages.
    /// - Throws: `badData`: not IDX, truncated, trailing bytes, another type, damaged gzip.
    public static func parse(_ bytes: [UInt8], name: String) throws(StorageError) -> IDX {
        if Gunzip.isGzip(bytes) {
            return try bytes.withUnsafeBufferPointer { input throws(StorageError) in try parse(gzip: input, name: name)
            }
        }
        let header = try IDXHeader(bytes, name: name)
        let held = bytes.count - header.byteCount
        if held < header.contentByteCount { throw header.truncated(after: held) }
        if held > header.contentByteCount { throw header.trailing("\(held - header.contentByteCount)") }
        return header.array(bytes)
    }

    private static func parse(gzip input: UnsafeBufferPointer<UInt8>, name: String) throws(StorageError) -> IDX {
        let stream = Gunzip(input, name: name)
        var bytes: [UInt8] = []
        try stream.read(4, into: &bytes)
        if bytes.count == 4 { try stream.read(4 * Int(bytes[3]), into: &bytes) }
        let header = try IDXHeader(bytes, name: name)
        try stream.read(header.contentByteCount, into: &bytes)
        let held = bytes.count - header.byteCount
        if held < header.contentByteCount { throw header.truncated(after: held) }
        // One byte more finds trailing data, and makes the stream's end check its CRC.
        try stream.read(1, into: &bytes)
        if bytes.count > header.byteCount + held { throw header.trailing("1 or more") }
        return header.array(bytes)
    }
}
