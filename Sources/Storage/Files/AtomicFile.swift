import Glibc

/// Files that are replaced whole: whoever opens the name sees the old contents or the new, after a crash too.
///
/// Written under a temporary name in the same folder, `fsync`, `rename(2)`, `fsync` of the folder. On failure the temporary
/// file is removed and the old one is as it was.
public enum AtomicFile {
    /// Replaces, or makes, the file at `path`.
    ///
    /// - Throws: `cannotCreate` if nothing can be made there, or there is something that is no regular file: renaming would take
    ///   the place of a link or a device (`/dev/stdout`); `inputOutput` if writing fails half-way.
    public static func write(_ contents: String, to path: String, what: String) throws(StorageError) {
        var contents = contents
        contents.makeContiguousUTF8()
        try Array(contents.utf8).withUnsafeBufferPointer { bytes throws(StorageError) in
            try write([UnsafeRawBufferPointer(bytes)], to: path, what: what)
        }
    }

    static func write(_ pieces: [UnsafeRawBufferPointer], to path: String, what: String) throws(StorageError) {
        let (folder, name) = FileSystem.split(path)
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw StorageError(
                .cannotCreate, "creating \(what) \(path): there is something that is not a regular file; name another")
        }
        try replace(path, what: what, temporaryPath: temporaryPath(folder, name)) { temporary throws(SystemError) in
            let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            for piece in pieces { try file.write(piece) }
            try file.synchronize()
            try file.close()
        }
    }

    /// Replaces, or makes, the symbolic link at `path`.
    static func link(_ path: String, to target: String, what: String) throws(StorageError) {
        let (folder, name) = FileSystem.split(path)
        try replace(path, what: what, temporaryPath: temporaryPath(folder, name)) { temporary throws(SystemError) in
            _ = unlink(temporary)
            try SystemCall.check("symlink") { symlink(target, temporary) }
        }
    }

    /// The name under which `name` is written: a leftover of a killed run is overwritten by the next.
    private static func temporaryPath(_ folder: String, _ name: String) -> String {
        FileSystem.join(folder, ".\(name).partial")
    }

    private static func replace(
        _ path: String, what: String, temporaryPath: String, _ make: (String) throws(SystemError) -> Void
    ) throws(StorageError) {
        do throws(SystemError) {
            try make(temporaryPath)
            try SystemCall.check("rename") { rename(temporaryPath, path) }
        } catch {
            _ = unlink(temporaryPath)
            throw failure(error, path, what)
        }
        do throws(SystemError) { try synchronizeFolder(FileSystem.split(path).folder) } catch {
            throw StorageError(
                .inputOutput, "making sure of \(what) \(path) in its folder: \(error.reason) (\(error.call))")
        }
    }

    /// Makes what was created, renamed or removed in a folder survive a power failure.
    static func synchronizeFolder(_ folder: String) throws(SystemError) {
        let descriptor = try FileDescriptor(opening: folder, O_RDONLY | O_DIRECTORY)
        do throws(SystemError) { try descriptor.synchronize() } catch {
            // Some network file systems have no fsync of a folder.
            if error.code != EINVAL && error.code != ENOTSUP { throw error }
        }
    }

    private static func failure(_ error: SystemError, _ path: String, _ what: String) -> StorageError {
        let isCreation =
            ["open", "symlink", "rename"].contains(error.call) && ![ENOSPC, EDQUOT, EIO].contains(error.code)
        return isCreation
            ? StorageError(.cannotCreate, "creating \(what) \(path): \(error.reason)")
            : StorageError(
                .inputOutput, "writing \(what) \(path): \(error.reason) (\(error.call)); nothing was replaced")
    }
}
