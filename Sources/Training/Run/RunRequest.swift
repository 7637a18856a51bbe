/// What the command line asks for.
public struct RunRequest: Sendable {
    /// Where a run goes on.
    public enum Resume: Sendable {
        /// In this folder, from its last good checkpoint.
        case folder(String)
        /// In `out` if a run with a checkpoint is there, else from the start.
        case auto
    }

    /// `--config`.
    public let configurationFile: String?
    /// `--set` and the flags.
    public let overrides: [ConfigurationOverride]
    /// `--out`; nil for `runs/DATE-TIME`.
    public let out: String?
    public let resume: Resume?
    /// One bit to flip on the way, to prove that it is found.
    public let flip: BitFlip?
    /// Whether everything is only checked, and nothing written.
    public let isDryRun: Bool
    /// The command line, for `/launches`.
    public let command: [String]

    /// The folder in which there may be a run to go on with; nil where there is to be none.
    var earlierRun: String? {
        switch resume {
        case nil: nil
        case .folder(let path): path
        case .auto: out
        }
    }

    /// Whether a run that is there already goes on or starts over if it never wrote a checkpoint.
    var isAuto: Bool {
        if case .auto = resume { true } else { false }
    }

    public init(
        configurationFile: String? = nil, overrides: [ConfigurationOverride] = [], out: String? = nil,
        resume: Resume? = nil, flip: BitFlip? = nil, isDryRun: Bool = false, command: [String] = []
    ) {
        self.configurationFile = configurationFile
        self.overrides = overrides
        self.out = out
        self.resume = resume
        self.flip = flip
        self.isDryRun = isDryRun
        self.command = command
    }
}
