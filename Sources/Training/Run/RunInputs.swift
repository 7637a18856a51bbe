import Core
import Distributed
import Storage

/// Configuration and data of a run, read and checked on all ranks together.
public struct RunInputs: Sendable {
    public private(set) var configuration: Configuration
    public let datasets: Datasets
    /// The bytes of the datasets in this rank's account: of samples that a node's ranks share, the first rank's.
    let datasetBytes: Int
    /// Why ranks of a node do not share the samples though they should; the same on every rank.
    let sharingFailure: SharedMemoryError?

    /// Reads the data.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` naming the rank that found something wrong.
    init(_ configuration: Configuration, communicator: any Communicator) throws {
        try communicator.together { try FloatingPointEnvironment.check() }
        let datasets = try Self.datasets(configuration.data, communicator)
        try communicator.together { try configuration.checkFits(datasets) }
        self.configuration = configuration
        var (shared, failure): (Datasets?, SharedMemoryError?)
        do {
            shared = configuration.sharesMemory ? try Self.share(datasets, communicator) : nil
        } catch {
            failure = error
        }
        sharingFailure = failure
        self.datasets = shared ?? datasets
        datasetBytes = datasets.byteCount - (shared == nil || communicator.nodes.isFirst ? 0 : datasets.sampleBytes)
        try agree(communicator)
    }

    /// Reads everything.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` naming the rank that found something wrong.
    init(configurationFile: String?, overrides: [ConfigurationOverride], communicator: any Communicator) throws {
        try self.init(
            Self.configuration(configurationFile, overrides, nil, communicator), communicator: communicator)
    }

    /// The same with another backend for the products.
    func with(_ backend: ProductBackend) throws -> RunInputs {
        var inputs = self
        inputs.configuration = try Configuration(
            yaml: configuration.yaml, overrides: [.set("gemm=\(backend.rawValue)")])
        return inputs
    }

    /// Compares configuration and data over all ranks.
    ///
    /// - Throws: on all ranks, naming the rank that differs.
    private func agree(_ communicator: any Communicator) throws {
        let digest = Digest.sha256(
            Array("\(dtrainVersion)\n\(configuration.resultYAML)\n\(datasets.digest)".utf8))
        guard let other = communicator.disagreeing(Array(digest.utf8)) else { return }
        throw JobFailure(
            code: .disagreement, rank: 0,
            description:
                "rank \(other.rank) on \(other.hostName) has another version, configuration or dataset than the "
                + "others; start all ranks with the same binary and flags")
    }

    /// The configuration of a run, or of the one that goes on.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    static func configuration(
        _ path: String?, _ overrides: [ConfigurationOverride], _ resumed: ResumePoint?, _ communicator: any Communicator
    ) throws -> Configuration {
        var yaml = resumed?.configuration
        var file = resumed.map { "\($0.folder)/config.yaml" } ?? ""
        if let path {
            yaml = String(
                decoding: try communicator.fromRankZero { try FileSystem.read(path, what: "configuration") },
                as: UTF8.self)
            file = path
        }
        return try communicator.together {
            let configuration = try Configuration(yaml: yaml, file: file, overrides: overrides)
            if let resumed { try configuration.checkResumes(resumed.checkpointConfiguration, folder: resumed.folder) }
            if let resumed, let checkpoint = resumed.checkpoint {
                try configuration.checkLength(after: checkpoint, folder: resumed.folder)
            }
            return configuration
        }
    }

    /// Puts the samples where the ranks of a node share one copy; what each has read is given back.
    ///
    /// - Returns: nil where no rank has a neighbour: then each keeps its own copy.
    /// - Throws: where a node has no memory to share; on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    private static func share(
        _ datasets: Datasets, _ communicator: any Communicator
    ) throws(SharedMemoryError) -> Datasets? {
        let nodes = communicator.nodes
        guard nodes.count < communicator.size else { return nil }
        let bytes = datasets.sampleBytes
        let memory = try communicator.share(byteCount: bytes, own: nodes.isFirst ? 0..<bytes : 0..<0)
        if nodes.isFirst { datasets.copySamples(to: memory.base) }
        communicator.barrier()
        return datasets.samples(at: UnsafeRawPointer(memory.base), owner: memory)
    }

    /// Rank 0 reads the files and all get the same bytes, so that every rank has the data where only one has the disk.
    static func datasets(_ source: DataSource, _ communicator: any Communicator) throws -> Datasets {
        switch source {
        case .bundled: try communicator.together { try Datasets.bundled() }
        case .folder(let folder): try datasets(folder: folder, communicator)
        case .text(let text): try datasets(text: text, communicator)
        }
    }

    private static func datasets(text: DataSource.Text, _ communicator: any Communicator) throws -> Datasets {
        let bytes = try communicator.fromRankZero {
            guard let path = text.path else {
                throw ConfigurationError(key: "data.text.path", message: "is missing; give the text's file")
            }
            return try Datasets.readText(path)
        }
        return try communicator.together {
            try Datasets(
                text: (text.path ?? "", bytes), length: text.length, stride: text.stride ?? text.length,
                validation: text.validation)
        }
    }

    private static func datasets(folder: String, _ communicator: any Communicator) throws -> Datasets {
        var files: [Datasets.RawFile] = []
        let names = try communicator.fromRankZero {
            files = try Datasets.readFiles(folder: folder)
            return Array(files.map(\.name).joined(separator: "\n").utf8)
        }
        files = String(decoding: names, as: UTF8.self).split(separator: "\n").enumerated().map { index, name in
            (String(name), communicator.broadcast(communicator.rank == 0 ? files[index].bytes : nil, from: 0))
        }
        return try communicator.together { try Datasets(rawFiles: files) }
    }
}
