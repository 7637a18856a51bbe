import Core

/// Every tensor of one training step: what `dtrain debug --dump` writes. `Documentation/file-format.md` describes it.
public struct StepDumpFile: Sendable {
    static let format = "dtrain-step"
    static let formatVersion: Int64 = 1

    /// The step, from 1.
    public var step: Int
    public var loss: Double
    public var config: String
    /// The dataset index of each row.
    public var samples: [Int64]
    /// `input` and each layer's output, by the layer's name: [N] + shape.
    public var activations: [Checkpoint.Tensor]
    /// The gradient of the loss with respect to each layer's output.
    public var activationGradients: [Checkpoint.Tensor]
    /// The gradient of the loss with respect to each parameter, before clipping.
    public var gradients: [Checkpoint.Tensor]

    public init(
        step: Int, loss: Double, config: String, samples: [Int64], activations: [Checkpoint.Tensor],
        activationGradients: [Checkpoint.Tensor], gradients: [Checkpoint.Tensor]
    ) {
        self.step = step
        self.loss = loss
        self.config = config
        self.samples = samples
        self.activations = activations
        self.activationGradients = activationGradients
        self.gradients = gradients
    }

    /// Replaces, or makes, the file at `path`, whole.
    ///
    /// - Throws: `cannotCreate`, `inputOutput`; then a file that was there is as it was.
    public func write(to path: String) throws(StorageError) {
        try SealedFile.write(path, format: Self.format, what: "step dump") { writer throws(HDF5Error) in
            try writer.attribute("/", "format", Self.format)
            try writer.attribute("/", "format_version", Self.formatVersion)
            try writer.attribute("/", "step", Int64(step))
            try writer.attribute("/", "loss", loss)
            try writer.attribute("/", "config", config)
            try writer.write(
                "/samples", samples, shape: [samples.count],
                .init(units: "1", longName: "index in the dataset of each row", isScale: true))
            let perRow: [String?] = ["/samples"]
            for (group, tensors, longName, scales) in [
                ("activations", activations, "output of layer", perRow),
                (
                    "activation_gradients", activationGradients,
                    "gradient of the loss with respect to the output of layer", perRow
                ),
                ("gradients", gradients, "gradient of the loss with respect to", []),
            ] {
                try writer.group("/\(group)")
                for tensor in tensors {
                    try writer.write(
                        "/\(group)/\(tensor.name)", tensor.values, shape: tensor.shape.dimensions,
                        .init(units: "1", longName: "\(longName) \(tensor.name)", scales: scales))
                }
            }
        }
    }
}
