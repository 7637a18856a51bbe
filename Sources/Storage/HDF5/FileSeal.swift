import Glibc

/// The first 512 bytes of dtrain's HDF5 files: a user block, in HDF5's words, which its readers skip. It holds the length and
/// the SHA-256 of all that follows.
///
/// A damaged file is known for one before the HDF5 library sees any of it: the library can crash or hang on a single wrong
/// byte, since not all of its structures have checksums.
enum FileSeal {
    /// The smallest user block that HDF5 knows.
    static let byteCount = 512

    /// The block for an HDF5 image.
    static func block(format: String, _ image: UnsafeRawBufferPointer) -> [UInt8] {
        block(format: format, byteCount: image.count, digest: Digest.sha256(image))
    }

    private static func block(format: String, byteCount imageCount: Int, digest: String) -> [UInt8] {
        let text = """
            \(format)
            bytes \(imageCount)
            sha256 \(digest)

            An HDF5 file: try h5dump -H. This block of 512 bytes holds the length and the SHA-256 of all that follows it.

            """
        return Array(text.utf8) + [UInt8](repeating: 0, count: byteCount - text.utf8.count)
    }

    /// The HDF5 image behind a seal that is whole.
    ///
    /// - Throws: `badData`, saying what is wrong.
    static func open(_ bytes: [UInt8], format: String, path: String) throws(StorageError) -> ArraySlice<UInt8> {
        func bad(_ found: String) -> StorageError { StorageError(.badData, "reading \(path): \(found)") }
        guard bytes.starts(with: Array("\(format)\nbytes ".utf8)) else {
            throw bad("it is not a \(format) file, or damaged: it does not begin with \"\(format)\"")
        }
        guard bytes.count > byteCount else { throw bad("it is truncated: it holds \(bytes.count) bytes") }
        let image = bytes[byteCount...]
        let digest = image.withUnsafeBytes { Digest.sha256($0) }
        guard Array(bytes[..<byteCount]) == block(format: format, byteCount: image.count, digest: digest) else {
            let claim = bytes.dropFirst("\(format)\nbytes ".utf8.count).prefix { $0 >= 48 && $0 <= 57 }
            let claimed = Int(String(decoding: claim, as: UTF8.self))
            throw bad(
                claimed.map { $0 > image.count } ?? false
                    ? "it is truncated: it holds \(image.count) bytes of \(claimed!)"
                    : "it is damaged, or was changed after it was written: its SHA-256 does not match")
        }
        return image
    }

    /// Whether a file begins as one of this format does; it may be damaged.
    static func isPresent(format: String, in path: String) -> Bool {
        guard let file = try? FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK) else { return false }
        let expected = Array("\(format)\nbytes ".utf8)
        var start = [UInt8](repeating: 0, count: expected.count)
        let count = start.withUnsafeMutableBytes { try? file.read(into: $0) }
        return count == expected.count && start == expected
    }
}

extension FileSystem {
    /// Whether a file is a run file, a checkpoint or a step dump, damaged or not.
    public static func isOfRun(_ path: String) -> Bool {
        [RunFile.format, Checkpoint.format, StepDumpFile.format].contains { FileSeal.isPresent(format: $0, in: path) }
    }
}
