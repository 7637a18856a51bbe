/// The first bytes of an IDX file: type and extents.
struct IDXHeader {
    private static let byteType: UInt8 = 0x08
    private static let floatType: UInt8 = 0x0D

    private let name: String
    private let type: UInt8
    let dimensions: [Int]
    /// The header's own bytes.
    let byteCount: Int
    /// The bytes that must follow.
    let contentByteCount: Int

    /// - Throws: `badData` if these are not the first bytes of such a file, or claim more bytes than there are numbers.
    init(_ bytes: [UInt8], name: String) throws(StorageError) {
        func bad(_ found: String) -> StorageError { StorageError(.badData, "reading \(name): \(found)") }
        guard bytes.count >= 4 else {
            throw bad("it holds \(bytes.count) bytes; an IDX file begins with 4 bytes of type and dimension count")
        }
        guard bytes[0] == 0, bytes[1] == 0, bytes[2] == Self.byteType || bytes[2] == Self.floatType else {
            let found = Digest.hexadecimal(Array(bytes[..<4]))
            throw bad("it begins with 0x\(found), neither IDX (0x000008.. bytes, 0x00000d.. floats) nor gzip")
        }
        let rank = Int(bytes[3])
        guard rank > 0 else { throw bad("its header says 0 dimensions") }
        guard bytes.count >= 4 + 4 * rank else {
            throw bad(
                "it is truncated in its header: \(rank) dimensions need \(4 + 4 * rank) bytes, it holds \(bytes.count)")
        }
        self.name = name
        type = bytes[2]
        dimensions = (0..<rank).map { dimension in
            bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
        }
        byteCount = 4 + 4 * rank
        var count = bytes[2] == Self.floatType ? 4 : 1
        // An extent of 0 makes all of it 0, however large the others are.
        for extent in dimensions.contains(0) ? [0] : dimensions {
            let product = count.multipliedReportingOverflow(by: extent)
            guard !product.overflow else { throw bad("its header claims \(dimensions), more than any file can hold") }
            count = product.partialValue
        }
        contentByteCount = count
    }

    /// The array, once all bytes of header and content are there.
    func array(_ bytes: [UInt8]) -> IDX {
        let content = bytes[byteCount...]
        guard type == Self.floatType else { return IDX(dimensions: dimensions, values: .bytes(Array(content))) }
        let floats = content.withUnsafeBytes { raw in
            (0..<(raw.count / 4)).map {
                Float(bitPattern: UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        return IDX(dimensions: dimensions, values: .floats(floats))
    }

    func truncated(after held: Int) -> StorageError {
        StorageError(
            .badData,
            "reading \(name): it is truncated: its header claims \(dimensions), which is \(contentByteCount) bytes; "
                + "it holds \(held)")
    }

    func trailing(_ count: String) -> StorageError {
        StorageError(
            .badData,
            "reading \(name): \(count) trailing bytes follow the \(contentByteCount) bytes of \(dimensions) that its header "
                + "claims")
    }
}
