/// What `dtrain bench` is to measure.
public struct BenchRequest: Sendable {
    /// One part of the report.
    public enum Part: String, Sendable, CaseIterable {
        case machine
        case products
        case kernels
        case reduction
        case step
        case backends
        case memory
    }

    /// `--config`.
    public let configurationFile: String?
    /// `--set` and the flags.
    public let overrides: [ConfigurationOverride]
    public let parts: Set<Part>
    /// The steps that are timed.
    public let steps: Int
    /// The steps before them.
    public let warmUp: Int
    /// The largest gradient that is reduced.
    public let maximumBytes: Int

    /// - Precondition: at least one part and one step, no negative warm-up, and at least 1,024 bytes.
    public init(
        configurationFile: String? = nil, overrides: [ConfigurationOverride] = [],
        parts: Set<Part> = Set(Part.allCases), steps: Int = 30, warmUp: Int = 5, maximumBytes: Int = 256 << 20
    ) {
        precondition(!parts.isEmpty && steps > 0 && warmUp >= 0, "\(parts), \(steps) steps after \(warmUp)")
        precondition(maximumBytes >= 1024, "a reduction of at most \(maximumBytes) bytes")
        self.configurationFile = configurationFile
        self.overrides = overrides
        self.parts = parts
        self.steps = steps
        self.warmUp = warmUp
        self.maximumBytes = maximumBytes
    }

    /// The parts that the words of `--only` name, separated by commas.
    ///
    /// - Throws: `ConfigurationError` naming the first word that is none.
    public static func parts(_ list: String) throws(ConfigurationError) -> Set<Part> {
        var parts: Set<Part> = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let part = Part(rawValue: String(word)) else {
                throw ConfigurationError(
                    source: "--only",
                    message: "no part is called '\(word)'; "
                        + NearestName.hint(for: String(word), among: Part.allCases.map(\.rawValue)))
            }
            parts.insert(part)
        }
        return parts
    }
}
