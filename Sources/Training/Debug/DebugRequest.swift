/// What `dtrain debug` is asked for.
public struct DebugRequest: Sendable {
    /// A step to write out.
    public struct Dump: Sendable {
        public let path: String
        /// From 1.
        public let step: Int

        public init(path: String, step: Int) {
            self.path = path
            self.step = step
        }
    }

    public let configurationFile: String?
    public let overrides: [ConfigurationOverride]
    /// The threads to compare with one rank; nil to leave that out.
    public let virtualRanks: Int?
    /// The training steps that are guarded and compared; nil for one epoch, at most 50.
    public let steps: Int?
    public let dump: Dump?

    public init(
        configurationFile: String? = nil, overrides: [ConfigurationOverride] = [], virtualRanks: Int? = nil,
        steps: Int? = nil, dump: Dump? = nil
    ) {
        self.configurationFile = configurationFile
        self.overrides = overrides
        self.virtualRanks = virtualRanks
        self.steps = steps
        self.dump = dump
    }
}
