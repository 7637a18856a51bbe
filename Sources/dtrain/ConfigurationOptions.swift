import ArgumentParser
import Training

/// The flags that lay keys over the configuration; a flag wins over `--set`, that over `--config`, that over the default.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the configuration from FILE.", valueName: "FILE.yaml"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Set one key, e.g. optimizer.momentum.learningRate=0.1; list elements by index, e.g. network.0.linear.outputs=64.",
            valueName: "key.path=value"))
    var assignments: [String] = []

    @Option(
        help: ArgumentHelp(
            "Folder with MNIST's four IDX files, plain or .gz (default: the bundled digits); a text: --set data.text.path=FILE.",
            valueName: "PATH"))
    var data: String?

    @Option(help: ArgumentHelp("Passes over the training data.", valueName: "N"))
    var epochs: String?

    @Option(help: ArgumentHelp("Samples of one step over all ranks.", valueName: "N"))
    var globalBatchSize: String?

    @Option(help: ArgumentHelp("Learning rate before the schedule.", valueName: "X"))
    var learningRate: String?

    @Option(help: ArgumentHelp("sgd, momentum, nesterov, adam or adamw.", valueName: "NAME"))
    var optimizer: String?

    @Option(help: ArgumentHelp("Seed of every random number.", valueName: "N"))
    var seed: String?

    @Option(
        help: ArgumentHelp("Shards of a global batch; part of the result, unlike the number of ranks.", valueName: "N"))
    var shards: String?

    @Option(help: ArgumentHelp("Matrix products: native (the same bits everywhere) or blas.", valueName: "NAME"))
    var gemm: String?

    /// What the flags lay over the file, in the order of precedence.
    var overrides: [ConfigurationOverride] {
        var overrides = assignments.map { ConfigurationOverride.set($0) }
        if let optimizer { overrides.append(.optimizer(optimizer)) }
        if let learningRate { overrides.append(.learningRate(learningRate)) }
        let keys: [(String, String?)] = [
            ("data", data), ("epochs", epochs), ("globalBatchSize", globalBatchSize), ("seed", seed),
            ("shards", shards), ("gemm", gemm),
        ]
        return overrides + ConfigurationOverride.keys(keys)
    }
}

extension ConfigurationOverride {
    /// Those of the keys that a value is given for.
    static func keys(_ keys: [(String, String?)]) -> [ConfigurationOverride] {
        keys.compactMap { key, value in value.map { .key(key, $0) } }
    }
}
