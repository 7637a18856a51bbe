import Distributed

extension DebugSession {
    /// Checks the gradients of every kind of layer and loss and prints what it found; rank 0 does, and the others wait.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` with exit code 70 if any check failed.
    public static func checkAllLayers(communicator: any Communicator, print: (String) -> Void) throws {
        try communicator.together {
            guard communicator.rank == 0 else { return }
            let report = try AllLayersReport()
            print(report.description)
            let failures = report.failures
            guard failures.isEmpty else {
                let others = failures.count > 3 ? "; and \(failures.count - 3) more in the table" : ""
                throw RunFailure(.failed, "debug: " + failures.prefix(3).joined(separator: "; ") + others)
            }
            print("Every check passed.")
        }
    }
}
