import Foundation
import Testing

extension CommandTests {
    /// What training allocates does not depend on how many steps and epochs it takes.
    @Suite struct AllocationTests {
        private static let counter = URL(fileURLWithPath: Dtrain.path).deletingLastPathComponent()
            .appendingPathComponent("libAllocationCounter.so").path

        /// Of a layer of every sort; 500 steps more, of 16 samples, with augmentation and drift checks.
        private static let network =
            "[{reshape: [28, 28, 1]}, {convolution: {outputs: 4, kernel: 3, stride: 3}}, relu, {reshape: [9, 36]}, "
            + "{lstm: 8}, layernorm, {multiHeadAttention: {heads: 2}}, gelu, {reshape: [72]}, {linear: 16}, batchnorm, "
            + "{dropout: 0.3}, tanh, {residual: [{linear: 16}]}, {linear: 10}]"

        @Test(arguments: [1, 3], [["momentum"], ["adamw", "--set", "gradientClipping={norm: 0.5}"]])
        func aStepAllocatesNothing(ranks: Int, optimizer: [String]) throws {
            try Self.compare(ranks, optimizer + ["--set", "driftChecks.every=10"])
        }

        /// Each rank a node of its own, which sends the others its gradients and parameters. A drift check takes an `MPI_Iallreduce`,
        /// which allocates.
        @Test func aStepBetweenNodesAllocatesNothing() throws {
            try Self.compare(3, ["sgd", "--set", "sharedMemory=false", "--set", "driftChecks.every=0"])
        }

        private static func compare(_ ranks: Int, _ flags: [String]) throws {
            let folder = try TemporaryFolder()
            func allocations(_ epochs: Int) throws -> [Int] {
                let file = folder.file("allocations-\(epochs)")
                let common = [
                    "--threads", "1", "--quiet", "--out", "run-\(epochs)", "--epochs", "\(epochs)",
                    "--global-batch-size", "16", "--histogram-every", "10000", "--checkpoint-every", "10000",
                    "--set", "network=\(Self.network)", "--set", "augmentation={shift: 2}",
                    "--optimizer",
                ]
                let outcome = try Dtrain.start(
                    [(ranks, common + flags)], in: folder,
                    under: ["env", "LD_PRELOAD=\(Self.counter)", "ALLOCATIONS=\(file)"]
                ).finish()
                try #require(outcome.status == 0, "\(outcome)")
                let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                return lines.compactMap { Int($0) }.sorted()
            }
            let (short, long) = (try allocations(1), try allocations(3))
            try #require(short.count == ranks && long.count == ranks && short[0] > 10_000, "\(short), \(long)")
            // One in ten steps at most: `run.h5` is handed over once a second, and the MPI library has messages of its own.
            for (before, after) in zip(short, long) { #expect(after - before < 50, "\(short), \(long)") }
        }
    }
}
