import Foundation
import Storage

/// A folder of a test's own, removed with it.
final class TemporaryFolder: Sendable {
    /// One for runs that several tests look at, removed when the process exits.
    static let shared: Result<TemporaryFolder, any Error> = Result {
        atexit {
            if case .success(let folder) = TemporaryFolder.shared { folder.remove() }
        }
        return try TemporaryFolder()
    }

    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-command-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        remove()
    }

    private func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Everything in it, at any depth: of files the SHA-256, of links the target, and whether it is a folder.
    func contents() throws -> [String: String] {
        var contents: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
            switch attributes[.type] as? FileAttributeType {
            case .typeDirectory: contents[name] = "folder"
            case .typeSymbolicLink:
                contents[name] = "link to \(try FileManager.default.destinationOfSymbolicLink(atPath: file(name)))"
            default: contents[name] = Digest.sha256(try read(name))
            }
        }
        return contents
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }

    func write(_ text: String, _ name: String) throws {
        try write(Array(text.utf8), name)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: file(name))
    }

    func copy(_ source: String, as name: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: file(name))
    }
}
