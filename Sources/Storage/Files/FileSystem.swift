import Glibc

/// Whole files and folders, with errors in the words of `StorageError`.
public enum FileSystem {
    /// Reads a whole file.
    ///
    /// - Parameter what: what the file is, for the message: `image file`.
    /// - Throws: `noInput` if there is none or it may not be read, `badData` if it is no regular file.
    public static func read(_ path: String, what: String) throws(StorageError) -> [UInt8] {
        let contents: [UInt8]?
        do throws(SystemError) { contents = try regularFileContents(path) } catch {
            throw StorageError(
                error.isMissingInput ? .noInput : .inputOutput, "reading \(what) \(path): \(error.reason)")
        }
        guard let contents else {
            throw StorageError(.badData, "reading \(what) \(path): it is not a regular file")
        }
        return contents
    }

    /// Nil if `path` is something else than a regular file.
    private static func regularFileContents(_ path: String) throws(SystemError) -> [UInt8]? {
        // Without O_NONBLOCK, opening a pipe waits for somebody to write into it.
        let file = try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// The names in a folder, in the order of their bytes, without `.` and `..`.
    ///
    /// - Throws: `noInput` if there is no such folder or it may not be read.
    static func names(in folder: String, what: String) throws(StorageError) -> [String] {
        guard let stream = opendir(folder) else {
            let error = SystemError(call: "opendir", code: errno)
            throw StorageError(.noInput, "reading \(what) \(folder): \(error.reason)")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `folder/name`, without doubled slashes.
    public static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder that `path` lies in, and its name there.
    public static func split(_ path: String) -> (folder: String, name: String) {
        var trimmed = Substring(path)
        while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return (".", String(trimmed)) }
        let folder = trimmed[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(trimmed[trimmed.index(after: slash)...]))
    }
}
