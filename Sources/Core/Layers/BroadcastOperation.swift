/// What a learned tensor does to each sample.
public enum BroadcastOperation: String, Sendable {
    case add, multiply

    /// W that changes nothing.
    public var identity: Double { self == .add ? 0 : 1 }
}
