import Foundation
import Testing

extension CommandTests {
    /// What training allocates does not depend on how many steps and epochs it takes.
    @Suite struct AllocationTests {
        private static let counter = URL(fileURLWithPath: Dtrain.path).deletingLastPathComponent()
            .appendingPathComponent("libAllocationCounter.so").path

        /// 500 steps more, of 16 samples, with augmentation and drift checks.
        private static let network =
            "[{reshape: [28, 28, 1]}, {convolution: {outputs: 4, kernel: 3, stride: 3}}, relu, {reshape: [9, 36]}, "
            + "{lstm: 8}, layernorm, {multiHeadAttention: {heads: 2}}, gelu, {reshape: [72]}, {linear: 16}, batchnorm, "
            + "{dropout: 0.3}, tanh, {residual: [{linear: 16}]}, {linear: 10}]"

        /// Others, in part in containers that keep no activations.
        private static let others =
            "[{reshape: [28, 28, 1]}, {convolution: {outputs: 16, kernel: 5, stride: 2, padding: 2}}, {maxpool: 2}, "
            + "{residual: {layers: [{convolution: {outputs: 16, padding: same}}, batchnorm, silu], recompute: true}}, "
            + "{reshape: [49, 16]}, {einsum: {equation: \"tc,cd->td\", weight: [16, 8]}}, {multiply: [8]}, "
            + "positionalEmbedding, {transformerBlock: {heads: 2, causal: true, dropout: 0.1, recompute: true}}, "
            + "{reshape: [7, 7, 8]}, globalAveragePool, {add: [8]}, {linear: 10}, sigmoid]"

        @Test(arguments: [1, 3], [["momentum"], ["adamw", "--set", "gradientClipping={norm: 0.5}"]])
        func aStepAllocatesNothing(ranks: Int, optimizer: [String]) throws {
            try Self.compare(ranks, optimizer + ["--set", "driftChecks.every=10"])
        }

        @Test(arguments: [1, 2], [[], ["accumulationSteps=2", "loss=meanSquaredError"]])
        func neitherDoTheOtherLayersAndPassesOfABatch(ranks: Int, settings: [String]) throws {
            try Self.compare(
                ranks, ["adam", "--set", "driftChecks.every=10"] + settings.flatMap { ["--set", $0] },
                network: Self.others)
        }

        /// Each rank a node of its own, which sends the others its gradients and parameters. A drift check takes an `MPI_Iallreduce`,
        /// which allocates.
        @Test func aStepBetweenNodesAllocatesNothing() throws {
            try Self.compare(3, ["sgd", "--set", "sharedMemory=false", "--set", "driftChecks.every=0"])
        }

        private static func compare(_ ranks: Int, _ flags: [String], network: String = network) throws {
            let folder = try TemporaryFolder()
            func allocations(_ epochs: Int) throws -> [Int] {
                let file = folder.file("allocations-\(epochs)")
                let common = [
                    "--threads", "1", "--quiet", "--out", "run-\(epochs)", "--epochs", "\(epochs)",
                    "--global-batch-size", "16", "--histogram-every", "10000", "--checkpoint-every", "10000",
                    "--set", "network=\(network)", "--set", "augmentation={shift: 2}",
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
            // Less than one in ten steps, which is how often drift is checked: `run.h5` is handed over once a second, and the MPI
            // library has messages of its own.
            for (before, after) in zip(short, long) { #expect(after - before < 50, "\(short), \(long)") }
        }
    }
}
