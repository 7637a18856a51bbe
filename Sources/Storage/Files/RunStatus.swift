/// How a run is doing, or ended: what `runs/NAME/status` says.
public struct RunStatus: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case running
        case done
        /// Ended early, with a checkpoint to resume from.
        case stopped
        case failed
    }

    public var state: State
    /// The steps done.
    public var step: Int
    /// One line; empty where there is nothing to say.
    public var reason: String

    public init(_ state: State, step: Int, reason: String = "") {
        self.state = state
        self.step = step
        self.reason = reason
    }

    /// The file's contents: a line each.
    var text: String {
        let line = String(reason.map { $0.isNewline ? " " : $0 })
        return "status: \(state.rawValue)\nstep: \(step)\n" + (line.isEmpty ? "" : "reason: \(line)\n")
    }

    /// Nil if `text` is not what such a file holds.
    init?(text: String) {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        guard let state = fields["status"].flatMap(State.init(rawValue:)),
            let step = fields["step"].flatMap({ Int($0) })
        else { return nil }
        self.init(state, step: step, reason: fields["reason"] ?? "")
    }
}
