/// A rank that has something else than the others.
public struct Disagreement: Sendable, Hashable {
    public let rank: Int
    public let hostName: String

    public init(rank: Int, hostName: String) {
        self.rank = rank
        self.hostName = hostName
    }
}
