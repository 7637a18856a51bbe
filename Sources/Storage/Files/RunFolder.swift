import Glibc

/// The folder of one run: `config.yaml`, `status`, `run.h5`, `checkpoints/`.
///
/// One process at a time writes into it: the one whose `RunFolder` came from `create` or `locked`, as long as it keeps it.
public struct RunFolder: Sendable {
    public let path: String
    /// Nil where the folder is only read.
    private let lock: RunLock?

    /// Where the parts of a run are if there is one; `open` makes sure.
    public init(path: String) {
        self.init(path: path, lock: nil)
    }

    private init(path: String, lock: RunLock?) {
        self.path = path
        self.lock = lock
    }

    /// The same folder, for the only process that writes into it.
    ///
    /// - Parameter patience: how long to wait for another one to end.
    /// - Throws: `cannotCreate` if there is another, or the folder may not be written; `inputOutput`.
    public func locked(patience: Duration = .zero) throws(StorageError) -> RunFolder {
        RunFolder(path: path, lock: try RunLock(folder: path, patience: patience))
    }

    public var configFile: String { FileSystem.join(path, "config.yaml") }
    public var statusFile: String { FileSystem.join(path, "status") }
    public var runFile: String { FileSystem.join(path, "run.h5") }
    public var checkpoints: CheckpointFolder { CheckpointFolder(path: FileSystem.join(path, "checkpoints")) }

    /// The folder of a new run: `runs/DATE-TIME` in the working folder, by the local clock.
    public static func defaultPath() -> String {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%d-%H%M%S", &local)
        return "runs/" + text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Makes the folder of a new run, with those above it, its configuration and the status `running`, and locks it.
    ///
    /// - Parameters:
    ///   - path: a folder that does not exist, or is empty. Nil for `defaultPath()`; if another run took that within the same
    ///     second, `-2` is appended, and so on.
    ///   - config: the contents of `config.yaml`.
    /// - Throws: `cannotCreate` if it exists and is not empty, or may not be written; `inputOutput`. Then nothing has changed.
    public static func create(path: String?, config: String) throws(StorageError) -> RunFolder {
        if let path { return try create(path, config: config) }
        let path = defaultPath()
        var attempt = 1
        while true {
            let candidate = attempt == 1 ? path : "\(path)-\(attempt)"
            do throws(StorageError) { return try create(candidate, config: config) } catch {
                // Where creating fails, nothing is left behind: what is there is another run's.
                guard access(candidate, F_OK) == 0 else { throw error }
                attempt += 1
            }
        }
    }

    private static func create(_ path: String, config: String) throws(StorageError) -> RunFolder {
        // What has been made, innermost last; undone in reverse if the rest fails.
        var made: [String] = []
        do throws(StorageError) {
            try makeFolders(path, &made)
            try checkIsEmpty(path)
            let folder = try RunFolder(path: path).locked()
            made.append(RunLock.path(in: path))
            // Of two runs that start in one empty folder, one makes this file.
            try claim(folder.statusFile)
            made.append(folder.statusFile)
            try folder.write(RunStatus(.running, step: 0))
            try makeFolder(folder.checkpoints.path, &made)
            try folder.write(config: config)
            return folder
        } catch {
            for item in made.reversed() { _ = Glibc.remove(item) }
            throw error
        }
    }

    /// Makes whole what a run left that ended before it wrote a checkpoint, or even before all of `create` was done.
    public func restart(config: String) throws(StorageError) {
        if access(checkpoints.path, F_OK) != 0 {
            var made: [String] = []
            try Self.makeFolder(checkpoints.path, &made)
        }
        try write(config: config)
    }

    /// The folder of a run that exists.
    ///
    /// - Throws: `noInput` if there is no run there.
    public static func open(path: String) throws(StorageError) -> RunFolder {
        let folder = RunFolder(path: path)
        guard access(folder.statusFile, F_OK) == 0, access(folder.configFile, F_OK) == 0 else {
            throw StorageError(.noInput, "resuming from \(path): there is no run (it has no status and config.yaml)")
        }
        return folder
    }

    /// Whether a run was ever started there.
    public static func holdsRun(path: String) -> Bool {
        access(RunFolder(path: path).statusFile, F_OK) == 0
    }

    /// Takes a `run.h5` that will not do out of the way, to `run.h5.damaged`.
    ///
    /// - Returns: its new path; nil if there is none.
    public func setAsideRunFile() throws(StorageError) -> String? {
        let path = runFile + ".damaged"
        do throws(SystemError) { try SystemCall.check("rename") { rename(runFile, path) } } catch {
            if error.code == ENOENT { return nil }
            throw StorageError(.inputOutput, "renaming run file \(runFile) to \(path): \(error.reason)")
        }
        return path
    }

    /// Replaces `status`.
    public func write(_ status: RunStatus) throws(StorageError) {
        try AtomicFile.write(status.text, to: statusFile, what: "status")
    }

    /// Replaces `config.yaml`.
    public func write(config: String) throws(StorageError) {
        try AtomicFile.write(config, to: configFile, what: "configuration")
    }

    /// What `status` says.
    public func status() throws(StorageError) -> RunStatus {
        let text = String(decoding: try FileSystem.read(statusFile, what: "status"), as: UTF8.self)
        guard let status = RunStatus(text: text) else {
            throw StorageError(.badData, "reading status \(statusFile): it does not say how the run is doing")
        }
        return status
    }

    /// What `config.yaml` says.
    public func config() throws(StorageError) -> String {
        String(decoding: try FileSystem.read(configFile, what: "configuration"), as: UTF8.self)
    }

    /// Makes the folder and those above it that are missing. An empty one may be there already.
    private static func makeFolders(_ path: String, _ made: inout [String]) throws(StorageError) {
        let (parent, _) = FileSystem.split(path)
        if access(parent, F_OK) != 0 { try makeFolders(parent, &made) }
        do throws(StorageError) { try makeFolder(path, &made) } catch {
            guard access(path, F_OK) == 0 else { throw error }
        }
    }

    private static func makeFolder(_ path: String, _ made: inout [String]) throws(StorageError) {
        do throws(SystemError) { try SystemCall.check("mkdir") { mkdir(path, 0o777) } } catch {
            throw StorageError(.cannotCreate, "creating folder \(path): \(error.reason)")
        }
        made.append(path)
    }

    /// A run that was killed at its very start may have left a lock; nothing else may be there.
    private static func checkIsEmpty(_ folder: String) throws(StorageError) {
        let names: [String]
        do throws(StorageError) { names = try FileSystem.names(in: folder, what: "output folder") } catch {
            throw StorageError(.cannotCreate, error.message)
        }
        guard names.allSatisfy({ FileSystem.join(folder, $0) == RunLock.path(in: folder) }) else {
            throw StorageError(
                .cannotCreate,
                names.contains("status")
                    ? "creating run folder \(folder): it holds a run already; resume it with --resume, or name another with --out"
                    : "creating run folder \(folder): it exists and is not empty; name another with --out")
        }
    }

    /// Makes the empty file `path`, which is not there yet.
    private static func claim(_ path: String) throws(StorageError) {
        do throws(SystemError) {
            try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL).close()
        } catch {
            throw StorageError(.cannotCreate, "creating \(path): \(error.reason)")
        }
    }
}
