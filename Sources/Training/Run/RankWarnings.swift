import Distributed

/// What somebody should know of how the ranks lie on the machine: no failure, the result is the same.
enum RankWarnings {
    /// - Parameters:
    ///   - memory: why parameters and gradients are not shared though they should be.
    ///   - samples: why the samples are not.
    static func lines(
        _ communicator: any Communicator, memory: SharedMemoryError?, samples: SharedMemoryError?
    ) -> [String] {
        var lines: [String] = []
        if communicator.isCrowded, communicator.processCount < communicator.size {
            lines.append(
                "warning: \(communicator.size / communicator.processCount) threads a process are more ranks than there are CPUs "
                    + "for them; leave out --threads, or give fewer")
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
}
