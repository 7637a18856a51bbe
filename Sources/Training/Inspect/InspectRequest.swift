/// What `dtrain inspect` is asked for.
public struct InspectRequest: Sendable {
    public enum Subject: Sendable {
        /// What `dtrain train` would make of the same flags.
        case configuration(file: String?, overrides: [ConfigurationOverride])
        /// A run's folder, its `run.h5`, or a checkpoint; and where its data are now, nil for where its configuration says.
        case stored(path: String, data: String?)
    }

    public let subject: Subject
    /// Whether the graph alone is printed.
    public let isGraphAlone: Bool
    /// Where to write the graph for Graphviz.
    public let dot: String?
    /// Where to write the drawing.
    public let svg: String?

    public init(_ subject: Subject, isGraphAlone: Bool = false, dot: String? = nil, svg: String? = nil) {
        self.subject = subject
        self.isGraphAlone = isGraphAlone
        self.dot = dot
        self.svg = svg
    }

    /// Whether it is of no use without the graph.
    var needsGraph: Bool { isGraphAlone || dot != nil || svg != nil }
}
