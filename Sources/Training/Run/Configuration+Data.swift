import Core
import Foundation
import Storage

extension Configuration {
    /// Checks that layers, loss and data fit together; nothing is allocated for it.
    ///
    /// - Throws: `ConfigurationError`, `ShapeError`; `StorageError` where the data are wrong.
    func checkFits(_ datasets: Datasets) throws {
        try checkInputs(datasets.train)
        try augmentation.check(datasets.train.originalShape)
        let network = try Network<Float>(network, inputShape: datasets.train.sampleShape)
        _ = try loss.makeLoss(outputShape: network.outputShape, scalar: Float.self)
        try checkOutputs(of: network, datasets)
        try datasets.validate(outputShape: network.outputShape)
        try checkMemory(network, batch: min(globalBatchSize, max(datasets.train.count, datasets.test.count)))
        if dropLast, globalBatchSize > datasets.train.count {
            throw ConfigurationError(
                key: "globalBatchSize",
                message: "is \(globalBatchSize), more than the \(datasets.train.count) training samples, and dropLast "
                    + "leaves no batch; make it smaller or dropLast false")
        }
    }

    /// Refuses a network of which one shard of a batch does not fit into this machine's memory, whatever else does.
    ///
    /// - Parameter batch: the rows of the largest batch that there will be.
    private func checkMemory(_ network: Network<Float>, batch: Int) throws(ConfigurationError) {
        let rows = max(1, batch / shards)
        // Values, a gradient and something to merge it with; each layer's output and its gradient.
        let parameters = 3 * 4 * Double(network.arena.storageCount)
        let activations = 2 * 4 * Double(rows) * network.layers.reduce(0) { $0 + Double($1.outputShape.elementCount) }
        let memory = Double(ProcessInfo.processInfo.physicalMemory)
        guard parameters + activations > memory else { return }
        func gigabytes(_ bytes: Double) -> String { String(format: "%.1f GB", bytes / 1e9) }
        let widest = network.layers.max { $0.outputShape.elementCount < $1.outputShape.elementCount }
        let largest = network.arena.parameters.max { $0.count < $1.count }
        throw ConfigurationError(
            key: "network",
            message: "its parameters need \(gigabytes(parameters)) (the largest, \(largest?.name ?? "none"), is "
                + "\(largest?.shape ?? [])), and the activations of \(rows) samples \(gigabytes(activations)) (the largest, "
                + "\(widest?.name ?? "none")'s, is \(widest?.outputShape ?? [])); there are \(gigabytes(memory)) here")
    }

    /// Refuses a first layer that looks up whole numbers where the data are measurements, and any other where they are a text.
    private func checkInputs(_ dataset: Dataset) throws(ConfigurationError) {
        guard let first = network.first else { return }
        let classes = first.description.inputClasses
        let flaw: String
        switch (dataset.images, classes) {
        case (.windows, nil):
            flaw =
                "a text's bytes are numbers that name something and measure nothing; begin with an embedding of "
                + "\(TextWindows.classCount) classes"
        case (.windows, let classes?) where classes < TextWindows.classCount:
            flaw =
                "expected whole numbers below \(TextWindows.classCount), since a text's bytes may be all of them, given "
                + "those below \(classes)"
        case (.bytes, _?), (.floats, _?):
            flaw = "takes whole numbers, as a text's bytes are ({text: FILE}), and the samples of these data are not"
        default: return
        }
        throw ConfigurationError(key: "network", message: "layer \(first.name): \(flaw)")
    }

    /// Refuses a last layer of the wrong size: where the data are known to be good, or say their width themselves, it is
    /// the configuration that is wrong. (A label beyond the outputs in somebody's own data is bad data.)
    private func checkOutputs(of network: Network<Float>, _ datasets: Datasets) throws(ConfigurationError) {
        let outputs = network.outputShape
        let wanted: String
        switch (datasets.train.targets, data) {
        case (.values(_, let shape), _):
            guard outputs.elementCount != shape.elementCount else { return }
            wanted = "\(shape), as wide as the targets"
        case (.followers, _):
            let shape: Shape = [datasets.train.classesPerSample, datasets.classCount]
            guard outputs.rowCount != shape.rowCount || outputs.last != shape.last else { return }
            wanted = "\(shape), at each place one for each byte that may follow"
        case (.classes, _) where outputs.rowCount != datasets.train.classesPerSample:
            wanted = "[classes], one class for each sample"
        case (.classes, .bundled) where outputs.last < datasets.classCount:
            wanted =
                "\([datasets.classCount] as Shape), one for each of the bundled digits' labels 0 to "
                + "\(datasets.classCount - 1)"
        case (.classes, _): return
        }
        throw ConfigurationError(
            key: "network",
            message: "layer \(network.layers.last?.name ?? ""): expected outputs of shape \(wanted), given \(outputs)")
    }
}
