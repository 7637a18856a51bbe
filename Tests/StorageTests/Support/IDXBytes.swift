import Foundation

/// IDX files for tests.
enum IDXBytes {
    static func header(_ type: UInt8, _ dimensions: [UInt32]) -> [UInt8] {
        [0, 0, type, UInt8(dimensions.count)]
            + dimensions.flatMap { d in (0..<4).map { UInt8(truncatingIfNeeded: d >> (24 - 8 * $0)) } }
    }

    static func bytes(_ dimensions: [UInt32], _ content: [UInt8]) -> [UInt8] {
        header(0x08, dimensions) + content
    }

    static func floats(_ dimensions: [UInt32], _ content: [Float]) -> [UInt8] {
        header(0x0D, dimensions)
            + content.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (24 - 8 * $0)) } }
    }

    /// Compressed by the `gzip` program.
    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = TemporaryFolder()
        writeBytes(bytes, folder.file("file"))
        let command = try Command("/usr/bin/env", ["gzip", "-n", folder.file("file")])
        precondition(command.status == 0, command.errors)
        return readBytes(folder.file("file.gz"))
    }
}
