import Distributed

/// What somebody should know of how the ranks lie on the machine: no failure, the result is the same.
enum RankWarnings {
    /// The same on every rank.
    ///
    /// - Parameters:
    ///   - memory: why parameters and gradients are not shared though they should be.
    ///   - samples: why the samples are not.
    /// - Important: Collective; every rank calls it in the same order.
    static func lines(
        _ communicator: any Communicator, memory: SharedMemoryError?, samples: SharedMemoryError?
    ) -> [String] {
        var lines: [String] = []
        if let host = crowdedHost(communicator) {
            let ranks = communicator.hostNames.count { $0 == host }
            lines.append(
                communicator.processCount < communicator.size
                    ? "warning: \(communicator.size / communicator.processCount) threads a process are more ranks than there are "
                        + "CPUs for them; leave out --threads, or give fewer"
                    : "warning: the \(ranks) ranks on \(host) are more than there are CPUs for them; they take turns, which is "
                        + "slower, with the same result: start fewer there")
        }
        if let memory {
            lines.append(
                "warning: no shared memory: \(memory); ranks send messages instead, which is slower and takes a copy of the "
                    + "parameters\(samples == nil ? "" : " and of the samples") each, with the same result")
        } else if let samples {
            lines.append(
                "warning: no shared memory for the samples: \(samples); every rank keeps a copy of its own, with the same result"
            )
        }
        return lines
    }

    /// The first host whose ranks outnumber the CPUs they may use.
    private static func crowdedHost(_ communicator: any Communicator) -> String? {
        communicator.allgather(communicator.isCrowded ? 1 : 0).firstIndex(of: 1).map { communicator.hostNames[$0] }
    }
}
