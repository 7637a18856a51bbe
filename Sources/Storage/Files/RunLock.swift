import Glibc

/// The right to write into a run's folder, which one process has at a time: a lock (`flock(2)`) on its file `.lock`.
///
/// It is given back when this object goes, or the process, however that ends. The file stays; while the lock is held it says
/// by whom. Where the file system has no locks, whoever asks gets one.
final class RunLock: Sendable {
    private let file: FileDescriptor

    /// The file that is locked.
    static func path(in folder: String) -> String { FileSystem.join(folder, ".lock") }

    /// - Parameters:
    ///   - folder: the run's folder, which is there.
    ///   - patience: how long to wait for another process that has it: ranks that outlive their launcher take a while to end.
    /// - Throws: `cannotCreate` if another process keeps it, or the file cannot be made; `inputOutput`.
    init(folder: String, patience: Duration) throws(StorageError) {
        let path = Self.path(in: folder)
        // No property before the lock is ours: `deinit` would give back what another process has.
        let file: FileDescriptor
        do throws(SystemError) { file = try FileDescriptor(opening: path, O_RDWR | O_CREAT) } catch {
            throw StorageError(
                [ENOSPC, EDQUOT, EIO].contains(error.code) ? .inputOutput : .cannotCreate,
                "creating \(path): \(error.reason)")
        }
        let end = ContinuousClock.now + patience
        while !file.lock() {
            guard ContinuousClock.now < end else {
                let holder =
                    (try? FileSystem.read(path, what: "lock")).map { String(decoding: $0, as: UTF8.self) } ?? ""
                throw StorageError(
                    .cannotCreate,
                    "writing run \(folder): another dtrain\(holder.isEmpty ? "" : " (\(holder))") is writing it; wait for it "
                        + "to end, or name another folder with --out (if its host is gone for good, remove \(path))")
            }
            usleep(50_000)
        }
        // A full disk is no reason to stop here: it only says who has the lock.
        try? file.replaceContents(Self.holder)
        self.file = file
    }

    deinit {
        try? file.replaceContents("")
    }

    /// `process 4711 on node3`.
    private static var holder: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return "process \(getpid()) on " + name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}

extension FileDescriptor {
    /// `flock(2)`, for this one alone, without waiting.
    ///
    /// - Returns: false if somebody else has it; true also where there are no locks.
    fileprivate func lock() -> Bool {
        do throws(SystemError) { try SystemCall.check("flock") { flock(number, LOCK_EX | LOCK_NB) } } catch {
            return error.code != EWOULDBLOCK
        }
        return true
    }

    fileprivate func replaceContents(_ text: String) throws(SystemError) {
        try SystemCall.check("ftruncate") { ftruncate(number, 0) }
        try SystemCall.check("lseek") { lseek(number, 0, SEEK_SET) }
        var text = text
        text.makeContiguousUTF8()
        try Array(text.utf8).withUnsafeBufferPointer { bytes throws(SystemError) in
            try write(UnsafeRawBufferPointer(bytes))
        }
    }
}
