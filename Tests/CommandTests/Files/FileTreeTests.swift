import Foundation
import Storage
import Testing

extension CommandTests {
    /// The files that a run leaves, as HDF5's own tools and h5py see them.
    @Suite struct FileTreeTests {
        private static let parameters = [
            "linear1/weight", "linear1/bias", "batchnorm1/gamma", "batchnorm1/beta", "linear2/weight", "linear2/bias",
        ]
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            let outcome = try Dtrain.run(
                Dtrain.smallNetwork + ["--epochs", "2", "--histogram-every", "7", "--out", "run"], ranks: 3, in: folder)
            #expect(outcome.status == 0, "\(outcome)")
        }

        @Test func aRunHasTheTree() throws {
            let histograms = ["gradients", "weights", "updates"].flatMap { kind in
                Self.parameters.flatMap { name in
                    ["counts", "nan", "positive_infinity", "negative_infinity", "exact_zeros"].map {
                        "/histograms/\(kind)/\(name)/\($0)"
                    }
                }
            }
            try expectDatasets(
                "run/run.h5",
                histograms + ["/histograms/step", "/histograms/edges"]
                    + ["created", "first_step", "dtrain_version", "ranks", "processes", "nodes", "hosts"]
                    .map { "/launches/\($0)" } + ["/launches/mpi_library", "/launches/command"]
                    + ["step", "loss", "learning_rate", "gradient_norm", "samples", "status"].map { "/steps/\($0)" }
                    + ["step", "samples_per_second", "phase", "phase_seconds"].map { "/timing/\($0)" }
                    + ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy"].map { "/epochs/\($0)" })
        }

        @Test func aCheckpointHasTheTree() throws {
            try expectDatasets(
                "run/checkpoints/latest",
                Self.parameters.flatMap { ["/parameters/\($0)", "/optimizer/velocity/\($0)"] }
                    + ["running_mean", "running_variance"].map { "/buffers/batchnorm1/\($0)" }
                    + [
                        "dataset_digest", "updates", "epoch_loss_sum", "epoch_correct", "epoch_samples", "test_loss",
                        "test_correct", "test_samples", "learning_rate_scale", "rollbacks", "skipped_in_a_row",
                    ].map { "/state/\($0)" })
        }

        /// Shapes, attributes, and that every histogram counts every element; the script ends with the line `ok`.
        @Test func h5pyReadsBoth() throws {
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../check_with_h5py.py").standardized.path
            let outcome = try RunningCommand(
                "/usr/bin/python3", [script, "run/run.h5", "run/checkpoints/latest"], in: folder.path
            ).finish()
            #expect(outcome.status == 0 && outcome.output.hasSuffix("ok\n"), "\(outcome) (is python3-h5py installed?)")
        }

        /// Finds exactly these datasets in a file.
        private func expectDatasets(_ file: String, _ paths: [String]) throws {
            let outcome = try RunningCommand("h5dump", ["-n", file], in: folder.path).finish()
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            let found = outcome.output.split(separator: "\n").compactMap { line -> String? in
                let words = line.split(separator: " ")
                return words.first == "dataset" ? words.last.map(String.init) : nil
            }
            #expect(Set(found) == Set(paths), "\(Set(found).symmetricDifference(paths).sorted())")
        }
    }
}
