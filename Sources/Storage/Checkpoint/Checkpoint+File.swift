import Core

extension Checkpoint {
    static let format = "dtrain-checkpoint"
    static let formatVersion: Int64 = 1

    /// The name of the file after `step` steps: `step-00000320.h5`.
    public static func fileName(step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".h5"
    }

    /// Writes the state to `folder`, and points `latest` there at it. Both are replaced whole.
    ///
    /// - Returns: the file's path.
    /// - Throws: `cannotCreate`, `inputOutput`; then every earlier file is as it was.
    @discardableResult
    public func write(folder: String) throws(StorageError) -> String {
        let name = Self.fileName(step: step)
        let path = FileSystem.join(folder, name)
        try SealedFile.write(path, format: Self.format, what: "checkpoint") { writer throws(HDF5Error) in
            try write(to: writer)
        }
        try AtomicFile.link(FileSystem.join(folder, "latest"), to: name, what: "link to the latest checkpoint")
        return path
    }

    private func write(to writer: HDF5Writer) throws(HDF5Error) {
        try writer.attribute("/", "format", Self.format)
        try writer.attribute("/", "format_version", Self.formatVersion)
        try writer.attribute("/", "step", Int64(step))
        try writer.attribute("/", "epoch", Int64(epoch))
        try writer.attribute("/", "position", Int64(position))
        try writer.attribute("/", "config", config)
        try writer.attribute("/", "digest", digest)
        try writer.attribute("/", "parameters_digest", parametersDigest)
        for group in ["/parameters", "/buffers", "/optimizer", "/state"] { try writer.group(group) }
        for array in arrays {
            let description = HDF5Writer.Description(units: "1", longName: array.longName, filters: .checksum)
            switch array.contents {
            case .floats(let values): try writer.write(array.path, values, shape: array.shape, description)
            case .doubles(let values): try writer.write(array.path, values, shape: array.shape, description)
            case .integers(let values): try writer.write(array.path, values, shape: array.shape, description)
            }
        }
        for tensor in parameters where tensor.shape.rank == 2 {
            try writer.attribute("/parameters/\(tensor.name)", "layout", "[in, out]")
        }
    }

    /// Reads a checkpoint and verifies it. Arrays come in the order of their paths.
    ///
    /// - Throws: `noInput`; `badData` if the file is truncated, damaged, changed, of another format or version.
    public static func read(_ path: String) throws(StorageError) -> Checkpoint {
        try read(bytes: readBytes(path), path: path)
    }

    /// The bytes of a checkpoint's file, unverified: for rank 0 to send to all.
    public static func readBytes(_ path: String) throws(StorageError) -> [UInt8] {
        try FileSystem.read(path, what: "checkpoint")
    }

    /// Verifies the bytes of a checkpoint's file and takes them apart.
    ///
    /// - Parameter path: the file, for messages.
    /// - Throws: `badData`.
    public static func read(bytes: [UInt8], path: String) throws(StorageError) -> Checkpoint {
        let (checkpoint, digest, parametersDigest) = try SealedFile.read(bytes, path: path, format: format) {
            reader throws(HDF5Error) in
            let version = try reader.attribute("/", "format_version", as: Int64.self)
            guard version == formatVersion else {
                throw HDF5Error("it has version \(version); this dtrain reads \(formatVersion)")
            }
            return (
                try Checkpoint(reader), try reader.attribute("/", "digest"),
                try reader.attribute("/", "parameters_digest")
            )
        }
        guard checkpoint.digest == digest, checkpoint.parametersDigest == parametersDigest else {
            throw StorageError(.badData, "reading \(path): its contents do not match its digest")
        }
        return checkpoint
    }

    private init(_ reader: HDF5Reader) throws(HDF5Error) {
        func integer(_ name: String) throws(HDF5Error) -> Int { Int(try reader.attribute("/", name, as: Int64.self)) }
        self.init(
            step: try integer("step"), epoch: try integer("epoch"), position: try integer("position"),
            config: try reader.attribute("/", "config"), parameters: [])
        parameters = try reader.tensors(below: "/parameters/")
        buffers = try reader.tensors(below: "/buffers/")
        for tensor in try reader.tensors(below: "/optimizer/") {
            let parts = tensor.name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw HDF5Error("/optimizer/\(tensor.name) is in no slot")
            }
            if optimizer.last?.name != parts[0] { optimizer.append(OptimizerSlot(name: parts[0], tensors: [])) }
            optimizer[optimizer.count - 1].tensors.append(
                Tensor(name: parts[1], shape: tensor.shape, values: tensor.values))
        }
        for path in try reader.datasetPaths(below: "/state") {
            let kind = try reader.kind(of: path)
            let value: StateValue
            switch kind.typeName {
            case Double.typeName: value = .doubles(try reader.read(path, as: Double.self))
            case Int64.typeName: value = .integers(try reader.read(path, as: Int64.self))
            default: throw HDF5Error("\(path) is of \(kind.typeName)")
            }
            state.append(StateEntry(name: String(path.dropFirst("/state/".count)), value: value))
        }
    }
}

extension HDF5Reader {
    /// All tensors below a group whose path ends in a slash, in the order of their paths.
    fileprivate func tensors(below folder: String) throws(HDF5Error) -> [Checkpoint.Tensor] {
        var tensors: [Checkpoint.Tensor] = []
        for path in try datasetPaths(below: String(folder.dropLast())) {
            let shape = try kind(of: path).shape
            guard !shape.contains(0) else { throw HDF5Error("\(path) is empty") }
            tensors.append(
                Checkpoint.Tensor(
                    name: String(path.dropFirst(folder.count)), shape: Shape(shape),
                    values: try read(path, as: Float.self)))
        }
        return tensors
    }
}
