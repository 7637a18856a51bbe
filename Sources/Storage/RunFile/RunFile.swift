/// `run.h5`: a run's history for people and their tools. `Documentation/file-format.md` describes it.
public enum RunFile {
    static let format = "dtrain-run"
    static let formatVersion: Int64 = 1

    /// Replaces the file at `path`, whole.
    ///
    /// - Throws: `cannotCreate`, `inputOutput`; then the file that was there is as it was.
    public static func write(_ history: RunHistory, to path: String) throws(StorageError) {
        try SealedFile.write(path, format: format, what: "run file", isMadeOfSmallDatasets: true) {
            writer throws(HDF5Error) in
            try RunFileWriter(history, writer).write()
        }
    }

    /// Reads a file that `write` made.
    ///
    /// - Throws: `noInput`; `badData` if the file is truncated, damaged, changed, of another format or version.
    public static func read(_ path: String) throws(StorageError) -> RunHistory {
        let bytes = try FileSystem.read(path, what: "run file")
        return try SealedFile.read(bytes, path: path, format: format) { reader throws(HDF5Error) in
            let version = try reader.attribute("/", "format_version", as: Int64.self)
            guard version == formatVersion else {
                throw HDF5Error("it has version \(version); this dtrain reads \(formatVersion)")
            }
            return try RunFileReader(reader).history()
        }
    }
}
