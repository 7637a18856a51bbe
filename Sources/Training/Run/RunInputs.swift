import Core
import Distributed
import Storage

/// Configuration and data of a run, read and checked on all ranks together.
public struct RunInputs: Sendable {
    public let configuration: Configuration
    public let datasets: Datasets

    /// Reads everything.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks; `JobFailure` naming the rank that found something wrong.
    init(
        configurationFile: String?, overrides: [ConfigurationOverride], resumed: ResumePoint? = nil,
        communicator: any Communicator
    ) throws {
        try communicator.together { try FloatingPointEnvironment.check() }
        let configuration = try Self.configuration(configurationFile, overrides, resumed, communicator)
        let datasets = try Self.datasets(configuration.data, communicator)
        try communicator.together { try Self.check(configuration, datasets) }
        self.configuration = configuration
        self.datasets = datasets
        try agree(communicator)
    }

    /// Compares configuration and data over all ranks.
    ///
    /// - Throws: on all ranks, naming the rank that differs.
    func agree(_ communicator: any Communicator) throws {
        let digest = Digest.sha256(
            Array("\(dtrainVersion)\n\(configuration.resultYAML)\n\(datasets.digest)".utf8))
        guard let other = communicator.disagreeing(Array(digest.utf8)) else { return }
        throw JobFailure(
            code: .disagreement, rank: 0,
            description:
                "rank \(other.rank) on \(other.hostName) has another version, configuration or dataset than the "
                + "others; start all ranks with the same binary and flags")
    }

    private static func configuration(
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

    /// Rank 0 reads the files and all get the same bytes, so that every rank has the data where only one has the disk.
    static func datasets(_ folder: String?, _ communicator: any Communicator) throws -> Datasets {
        guard let folder else { return try communicator.together { try Datasets.bundled() } }
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

    /// Refuses a last layer of the wrong size: where the data are known to be good, or say their width themselves, it is
    /// the configuration that is wrong. (A label beyond the outputs in somebody's own data is bad data.)
    private static func checkOutputs(
        of network: Network<Float>, _ configuration: Configuration, _ datasets: Datasets
    ) throws {
        let outputs = network.outputShape
        let wanted: String
        switch datasets.train.targets {
        case .values(_, let shape):
            guard outputs.elementCount != shape.elementCount else { return }
            wanted = "\(shape), as wide as the targets"
        case .classes where outputs.rowCount != datasets.train.classesPerSample:
            wanted = "[classes], one class for each sample"
        case .classes:
            guard configuration.data == nil, outputs.last < datasets.classCount else { return }
            wanted =
                "\([datasets.classCount] as Shape), one for each of the bundled digits' labels 0 to "
                + "\(datasets.classCount - 1)"
        }
        throw ConfigurationError(
            key: "network",
            message: "layer \(network.layers.last?.name ?? ""): expected outputs of shape \(wanted), given \(outputs)")
    }

    /// Checks that layers, loss and data fit together; nothing is allocated for it.
    private static func check(_ configuration: Configuration, _ datasets: Datasets) throws {
        let network = try Network<Float>(configuration.network, inputShape: datasets.train.sampleShape)
        _ = try configuration.loss.makeLoss(outputShape: network.outputShape, scalar: Float.self)
        try checkOutputs(of: network, configuration, datasets)
        try datasets.validate(outputShape: network.outputShape)
        if configuration.dropLast, configuration.globalBatchSize > datasets.train.count {
            throw ConfigurationError(
                key: "globalBatchSize",
                message: "is \(configuration.globalBatchSize), more than the \(datasets.train.count) training samples, "
                    + "and dropLast leaves no batch; make it smaller or dropLast false")
        }
    }
}
