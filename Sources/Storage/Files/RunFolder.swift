import Glibc

/// The folder of one run: `config.yaml`, `status`, `run.h5`, `checkpoints/`.
public struct RunFolder: Sendable, Equatable {
    public let path: String

    /// Where the parts of a run are if there is one; `open` makes sure.
    public init(path: String) {
        self.path = path
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

    /// Makes the folder of a new run, with those above it, its configuration and the status `running`.
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
        let folder = RunFolder(path: path)
        // What has been made, innermost last; undone in reverse if the rest fails.
        var made: [String] = []
        do throws(StorageError) {
            try makeFolders(path, &made)
            // Of two runs that start in one empty folder, one makes this file.
            try claim(folder.statusFile)
            made.append(folder.statusFile)
            try folder.write(RunStatus(.running, step: 0))
            try makeFolder(folder.checkpoints.path, &made)
            try AtomicFile.write(config, to: folder.configFile, what: "configuration")
        } catch {
            for item in made.reversed() { _ = Glibc.remove(item) }
            throw error
        }
        return folder
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

    /// Makes the empty file `path` in a folder that has nothing in it.
    private static func claim(_ path: String) throws(StorageError) {
        let (folder, _) = FileSystem.split(path)
        let names: [String]
        do throws(StorageError) { names = try FileSystem.names(in: folder, what: "output folder") } catch {
            throw StorageError(.cannotCreate, error.message)
        }
        guard names.isEmpty else {
            throw StorageError(
                .cannotCreate,
                names.contains("status")
                    ? "creating run folder \(folder): it holds a run already; resume it with --resume, or name another with --out"
                    : "creating run folder \(folder): it exists and is not empty; name another with --out")
        }
        do throws(SystemError) {
            try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL).close()
        } catch {
            throw StorageError(.cannotCreate, "creating \(path): \(error.reason)")
        }
    }
}
