extension Communicator {
    /// Finds the first rank whose digest differs from what most ranks have; rank 0's side wins a tie.
    ///
    /// - Parameter digest: of what all ranks should have alike: the configuration, a dataset, the parameters.
    /// - Returns: nil if all agree; the same answer on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    public func disagreeing(_ digest: [UInt8]) -> Disagreement? {
        let digests = allgather(digest)
        var votes: [[UInt8]: Int] = [:]
        for digest in digests { votes[digest, default: 0] += 1 }
        // The first maximum in rank order: the dictionary's own order differs from process to process.
        var accepted = digests[0]
        for digest in digests where votes[digest]! > votes[accepted]! { accepted = digest }
        guard let rank = digests.firstIndex(where: { $0 != accepted }) else { return nil }
        return Disagreement(rank: rank, hostName: hostNames[rank])
    }
}
