import Core

/// The first tensor of a step, in the order of execution over all ranks, with a value that is no number.
public struct NonFiniteReport: Sendable, Equatable {
    /// Layer, direction, tensor, element and value: `linear1, forward: output[3] is +infinity`.
    public let what: String
    /// The dataset indices of the samples whose rows hold such a value, in the batch's order: the first few.
    public let samples: [Int]
    /// How many such samples there are; 0 where the step began with the value.
    public let sampleCount: Int
    /// Whether the tensor is a sum over the batch: then the samples are the whole batch's.
    public let isOverBatch: Bool
    /// The ranks that had it; more than one where each has the whole.
    public let ranks: [Int]

    /// The most samples that are named.
    static let namedSamples = 8

    /// The same at any number of ranks: what goes into files.
    public var description: String {
        guard sampleCount > 0 else { return what }
        let names = samples.map(String.init).joined(separator: ", ")
        let rest = sampleCount > samples.count ? " and \(sampleCount - samples.count) more" : ""
        let kind = sampleCount == 1 ? "sample" : "samples"
        return "\(what), \(isOverBatch ? "a sum over the batch of " : "")\(kind) \(names)\(rest)"
    }

    /// Where it was, for the log: ` (rank 2 on node7)`; empty for a single rank.
    ///
    /// - Parameter hostNames: of every rank.
    public func place(hostNames: [String]) -> String {
        if hostNames.count == 1 { return "" }
        if ranks.count == hostNames.count { return " (on all \(ranks.count) ranks)" }
        let places = ranks.prefix(4).map { "rank \($0) on \(hostNames[$0])" }.joined(separator: ", ")
        return " (\(places)\(ranks.count > 4 ? " and \(ranks.count - 4) more" : ""))"
    }
}
