/// A run file or a checkpoint, its seal checked, open to be compared with another.
public final class StoredFile {
    public enum Kind: String, Sendable {
        case run = "dtrain-run"
        case checkpoint = "dtrain-checkpoint"

        /// What messages call it.
        public var name: String {
            switch self {
            case .run: "run file"
            case .checkpoint: "checkpoint"
            }
        }
    }

    public let path: String
    public let kind: Kind
    let reader: HDF5Reader
    /// Everything in it, by path.
    let objects: [String: HDF5Reader.Object]

    /// Opens a file and checks that it is whole; of a checkpoint the digest too.
    ///
    /// - Throws: `noInput`; `badData` if it is truncated, damaged, of another format or version.
    public init(path: String) throws(StorageError) {
        let bytes = try FileSystem.read(path, what: "file")
        guard let kind = [Kind.run, .checkpoint].first(where: { bytes.starts(with: Array("\($0.rawValue)\n".utf8)) })
        else {
            throw StorageError(
                .badData, "reading \(path): it is neither a run file (run.h5) nor a checkpoint, or it is damaged")
        }
        if kind == .checkpoint { _ = try Checkpoint.read(bytes: bytes, path: path) }
        self.path = path
        self.kind = kind
        (reader, objects) = try SealedFile.read(bytes, path: path, format: kind.rawValue) { reader throws(HDF5Error) in
            let version = try reader.attribute("/", "format_version", as: Int64.self)
            let known = kind == .run ? RunFile.formatVersion : Checkpoint.formatVersion
            guard version == known else { throw HDF5Error("it has version \(version); this dtrain reads \(known)") }
            let objects = try reader.objects()
            return (reader, Dictionary(objects.map { ($0.path, $0) }) { first, _ in first })
        }
    }

    /// The configuration that the file carries.
    public func config() throws(StorageError) -> String {
        try reading { reader throws(HDF5Error) in try reader.attribute("/", "config") }
    }

    /// The strings of a dataset; none if there is no such dataset.
    public func strings(_ dataset: String) throws(StorageError) -> [String] {
        guard objects[dataset]?.kind == .dataset else { return [] }
        return try reading { reader throws(HDF5Error) in try reader.readStrings(dataset) }
    }

    private func reading<Value>(_ body: (HDF5Reader) throws(HDF5Error) -> Value) throws(StorageError) -> Value {
        do throws(HDF5Error) { return try body(reader) } catch {
            throw StorageError(.badData, "reading \(path)", error)
        }
    }
}
