/// A mistake in a flag, a key or a value: exit code 64, before anything is computed or touched.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    /// Where it stands, e.g. `train.yaml:7`, `--set`, `--epochs`; empty when it concerns the whole.
    public let source: String
    /// The key's path, e.g. `optimizer.momentum.learningRate`; empty when it concerns no single key.
    public let key: String
    /// What was found and what would do.
    public let message: String

    public init(source: String = "", key: String = "", message: String) {
        self.source = source
        self.key = key
        self.message = message
    }

    public var description: String {
        [source, key, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
