import Storage
import Testing

/// The tree of each file, as `h5dump -n` lists it.
@Suite struct H5dumpTests {
    let folder = TemporaryFolder()

    private func tree(_ path: String) throws -> [String] {
        let command = try Command("/usr/bin/env", ["h5dump", "-n", path])
        #expect(command.status == 0, "\(command.errors)")
        return command.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            .filter { $0.hasPrefix("group ") || $0.hasPrefix("dataset ") || $0.hasPrefix("link ") }
    }

    @Test func run() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.history, to: path)
        func kind(_ kind: String) -> [String] {
            let names = ["batchnorm1/gamma", "linear1/bias", "linear1/weight"]
            var lines = ["group /histograms/\(kind)"]
            for (index, name) in names.enumerated() {
                let group = "/histograms/\(kind)/\(name)"
                if index == 0 || index == 1 {
                    lines.append("group /histograms/\(kind)/\(name.split(separator: "/")[0])")
                }
                lines += ["group \(group)"]
                lines += ["counts", "exact_zeros", "nan", "negative_infinity", "positive_infinity"].map {
                    "dataset \(group)/\($0)"
                }
                lines.append("link \(group)/step -> /histograms/step")
            }
            return lines
        }
        let expected =
            ["group /", "group /epochs"]
            + ["epoch", "test_accuracy", "test_loss", "train_accuracy", "train_loss"].map { "dataset /epochs/\($0)" }
            + ["group /events"] + ["detail", "kind", "step"].map { "dataset /events/\($0)" }
            + ["group /histograms", "dataset /histograms/edges"] + kind("gradients") + ["dataset /histograms/step"]
            + kind("updates") + kind("weights") + ["group /launches"]
            + [
                "command", "created", "dtrain_version", "first_step", "hosts", "mpi_library", "nodes", "processes",
                "ranks",
            ]
            .map { "dataset /launches/\($0)" }
            + ["group /steps"]
            + ["gradient_norm", "learning_rate", "loss", "samples", "status", "step"].map { "dataset /steps/\($0)" }
            + ["group /timing"]
            + ["phase", "phase_seconds", "samples_per_second", "step"].map { "dataset /timing/\($0)" }
            + ["group /trace"] + ["hashes", "step", "tensor"].map { "dataset /trace/\($0)" }
        #expect(try tree(path) == expected)
    }

    @Test func checkpoint() throws {
        let path = try Samples.checkpoint().write(folder: folder.path)
        #expect(
            try tree(path) == [
                "group /", "group /buffers", "group /buffers/batchnorm1", "dataset /buffers/batchnorm1/running_mean",
                "group /optimizer", "group /optimizer/first_moment", "group /optimizer/first_moment/linear1",
                "dataset /optimizer/first_moment/linear1/bias", "group /optimizer/second_moment",
                "group /optimizer/second_moment/linear1", "dataset /optimizer/second_moment/linear1/weight",
                "group /parameters", "group /parameters/linear1", "dataset /parameters/linear1/bias",
                "dataset /parameters/linear1/weight", "group /state", "dataset /state/best_accuracy",
                "dataset /state/counters", "dataset /state/nothing",
            ])
    }

    /// What the design promises of every dataset, in the library's own words.
    @Test func storage() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.history, to: path)
        let loss = try Command("/usr/bin/env", ["h5dump", "-p", "-H", "-d", "/steps/loss", path]).output
        for word in ["CHUNKED", "SHUFFLE", "DEFLATE { LEVEL 4 }", "FLETCHER32", "DIMENSION_LIST", "long_name", "units"]
        {
            #expect(loss.contains(word), "\(word)")
        }
        let status = try Command("/usr/bin/env", ["h5dump", "-d", "/steps/status", path]).output
        #expect(status.contains("ok, clipped, skipped_nonfinite, ok, ok"))
        let superblock = try Command("/usr/bin/env", ["h5dump", "-B", "-H", path]).output
        #expect(superblock.contains("SUPERBLOCK_VERSION 2"))
        #expect(superblock.contains("USERBLOCK_SIZE 512") || superblock.contains("USER_BLOCK"), "\(superblock)")
        let weight = try Command(
            "/usr/bin/env",
            ["h5dump", "-p", "-d", "/parameters/linear1/weight", Samples.checkpoint().write(folder: folder.path)])
        for word in ["CHUNKED", "FLETCHER32", "\"[in, out]\""] { #expect(weight.output.contains(word), "\(word)") }
    }
}
