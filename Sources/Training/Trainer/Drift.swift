/// A tensor that is not, on one rank, what it has to be.
public struct Drift: Sendable, Equatable {
    /// What was found.
    public enum Kind: Sendable, Equatable {
        /// The rank's own part of the parameters is not what it wrote: its memory was changed by something else.
        case changedSinceWritten
        /// The rank's copy is not what the part's owner wrote.
        case copyOfOwner(rank: Int)
        /// The rank does not have what most ranks have.
        case unlikeMostRanks
        /// The rank does not have what another has, and no majority tells which of them is right.
        case unlikeRank(Int, hostName: String)
    }

    public let kind: Kind
    /// The parameter or buffer, e.g. `linear1/weight`.
    public let tensor: String
    /// Where the difference begins, in the order in which the tensor lies in memory.
    public let elements: Range<Int>
    public let rank: Int
    public let hostName: String
    /// The steps done when it was found.
    public let step: Int

    /// The hosts of which one may be faulty.
    public var suspects: String {
        guard case .unlikeRank(_, let other) = kind, other != hostName else { return hostName }
        return "\(hostName) or \(other)"
    }
}

extension Drift: CustomStringConvertible {
    public var description: String {
        let what =
            switch kind {
            case .changedSinceWritten: "changed in memory after this rank had written it"
            case .copyOfOwner(let owner): "differs from what rank \(owner) wrote"
            case .unlikeMostRanks: "differs from what most ranks have"
            case .unlikeRank(let other, _):
                "differs from what rank \(other) has, and no majority of the ranks tells which is right"
            }
        return
            "\(tensor), elements \(elements.lowerBound) to \(elements.upperBound - 1) in memory, \(what); found after step \(step)"
    }
}
