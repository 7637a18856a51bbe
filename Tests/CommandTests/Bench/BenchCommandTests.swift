import Foundation
import Testing

extension CommandTests {
    /// `dtrain bench`. What it measures is not looked at, only that it is there.
    @Suite struct BenchCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func bench(_ flags: [String], ranks: Int?) throws -> CommandOutcome {
            try Dtrain.run(["bench"] + Dtrain.smallNetwork + flags, ranks: ranks, in: folder)
        }

        private static let quick = ["--steps", "3", "--warm-up", "1", "--maximum-bytes", "4096"]

        @Test(arguments: [nil, 3])
        func theTablesHaveEveryPart(ranks: Int?) throws {
            let outcome = try bench(Self.quick, ranks: ranks)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            let parts = [
                "GFLOP/s", "triad", "linear1/weight", "batchnorm1", "3 steps of 256", "a step with gemm",
                "optimizer state",
            ]
            for part in parts {
                #expect(outcome.output.contains(part), "no '\(part)' in \(outcome)")
            }
            // One rank speaks.
            #expect(outcome.output.ranges(of: "samples×rows").count == 1, "\(outcome)")
            #expect(outcome.output.contains("MPI_Allreduce") == (ranks != nil), "\(outcome)")
            #expect(outcome.output.contains("batch statistics 2") == (ranks != nil), "\(outcome)")
            #expect(outcome.errors.contains("bench: steps"), "\(outcome)")
            #expect(outcome.errors.contains("reduction left out") == (ranks == nil), "\(outcome)")
            #expect(try folder.contents().isEmpty)
        }

        /// All of standard output is one document; units are in the keys.
        @Test(arguments: [nil, 3])
        func theDocumentHasEveryPart(ranks: Int?) throws {
            let outcome = try bench(Self.quick + ["--json"], ranks: ranks)
            #expect(outcome.status == 0, "\(outcome)")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            let parts = ["backends", "config", "kernels", "machine", "memory", "products", "step", "version"]
            #expect(document.keys.sorted() == (parts + (ranks == nil ? [] : ["reduction"])).sorted())
            let expected: [(String, [String])] = [
                (
                    "machine",
                    [
                        "copy_host_gb_per_s", "copy_one_rank_gb_per_s", "cores_allowed", "cpu", "hosts", "is_launched",
                        "mpi_library", "peak_gflops", "ranks", "ranks_on_host", "triad_host_gb_per_s",
                        "triad_one_rank_gb_per_s", "vector_bits",
                    ]
                ),
                (
                    "products",
                    [
                        "blas_gflops", "blas_share_of_peak", "blas_us", "calls", "flops", "inputs", "native_gflops",
                        "native_share_of_peak", "native_us", "outputs", "product", "rows_per_sample", "samples",
                        "shards", "weights",
                    ]
                ),
                ("kernels", ["bytes", "gb_per_s", "kernel", "pass", "us"]),
                (
                    "reduction/rows",
                    [
                        "allreduce_and_update_us", "allreduce_us", "gradient_bytes", "is_shared", "ratio",
                        "ratio_with_update",
                        "reduce_and_update_us", "reduce_us", "rounds",
                    ]
                ),
                (
                    "step",
                    [
                        "checkpoint_us", "floor_us", "global_batch_size", "local_batch_size", "median_us", "p95_us",
                        "phases",
                        "product_flops", "samples_per_second", "step_over_floor", "steps", "warm_up_steps",
                    ] + (ranks == nil ? [] : ["waits"])
                ),
                (
                    "step/waits/by_kind",
                    ["batch_statistics", "gradients", "norms", "parameters"]
                ),
                ("step/phases", ["median_us", "p95_us", "phase", "slowest_rank", "slowest_rank_us"]),
                ("backends", ["gemm", "median_us", "over_native", "p95_us", "steps"]),
                ("memory/rows", ["host_bytes", "kind", "largest_rank_bytes", "rank_zero_bytes"]),
            ]
            for (path, keys) in expected
            where ranks != nil || !["reduction/rows", "step/waits/by_kind"].contains(path) {
                // The system may not say how large its last cache is.
                let found = Self.keys(at: path, in: document).filter { $0 != "last_level_cache_bytes" }
                #expect(found == keys.sorted(), "\(path)")
            }
            let memory = try #require((document["memory"] as? [String: Any])?["rows"] as? [[String: Any]])
            let bytes = memory.compactMap { $0["rank_zero_bytes"] as? Int }
            #expect(bytes.last == bytes.dropLast().reduce(0, +) && bytes.count == 11)
            let sizes = ((document["reduction"] as? [String: Any])?["rows"] as? [[String: Any]])?
                .compactMap { $0["gradient_bytes"] as? Int }
            #expect(sizes == (ranks == nil ? nil : [1024, 4096]))
        }

        /// Those of the object at `path`, or of the first of the list there.
        private static func keys(at path: String, in document: [String: Any]) -> [String] {
            var value: Any? = document
            for key in path.split(separator: "/") {
                if let list = value as? [Any] { value = list.first }
                value = (value as? [String: Any])?[String(key)]
            }
            if let list = value as? [Any] { value = list.first }
            return (value as? [String: Any])?.keys.sorted() ?? []
        }

        @Test(arguments: [nil, 3])
        func onlyThePartsThatAreAskedFor(ranks: Int?) throws {
            let outcome = try bench(["--only", "memory", "--json"], ranks: ranks)
            #expect(outcome.status == 0, "\(outcome)")
            let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            #expect(document?.keys.sorted() == ["config", "memory", "version"], "\(outcome)")
        }

        @Test(arguments: [nil, 3])
        func whatMakesNoSenseIsRefused(ranks: Int?) throws {
            let refusals: [([String], String)] = [
                (["--only", "step,kernel"], "no part is called 'kernel'; did you mean 'kernels'?"),
                (["--only", ""], "no part is called ''"),
                (["--steps", "0"], "--steps 0: at least 1"),
                (["--warm-up", "-1"], "--warm-up"),
                (["--maximum-bytes", "1000"], "--maximum-bytes 1000: at least 1024"),
                (["--only", "memory", "--steps", "4"], "--steps is of the parts step, kernels and backends"),
                (["--only", "memory", "--warm-up", "4"], "--warm-up is of the parts step, kernels and backends"),
                (["--only", "step", "--maximum-bytes", "4096"], "--maximum-bytes is of the part reduction"),
                (["--set", "globalBatchSize=0"], "globalBatchSize"),
                (["--checkpoint-every", "5"], "Unknown option '--checkpoint-every'"),
                (["--histogram-every", "5"], "Unknown option '--histogram-every'"),
            ]
            for (flags, part) in refusals {
                let outcome = try bench(flags, ranks: ranks)
                #expect(outcome.status == 64 && outcome.output == "", "\(flags): \(outcome)")
                #expect(outcome.reports.count == 1, "\(flags): \(outcome)")
                #expect(outcome.reports.first?.contains(part) ?? false, "\(flags): no '\(part)' in \(outcome)")
            }
            // A step that is not finite is not all of a step.
            let outcome = try bench(["--only", "step", "--learning-rate", "1e38"], ranks: ranks)
            #expect(outcome.status == 70 && outcome.reports.count == 1, "\(outcome)")
            #expect(outcome.reports.first?.contains("lower the learning rate") ?? false, "\(outcome)")
        }
    }
}
