import Foundation
import Storage
import Testing

extension CommandTests {
    /// The ready configurations in `examples`, from a folder in which `data` is, as in a clone.
    @Suite struct ExamplesTests {
        private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        private static let names = [
            "mnist-attention", "mnist-lstm", "mnist-mlp", "mnist-resnet", "regression", "text-transformer",
        ]

        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("data"), withDestinationPath: "\(Self.project)/data")
        }

        private static func path(_ name: String) -> String { "\(project)/examples/\(name).yaml" }

        @Test func everyExampleIsTriedAndInTheReadme() throws {
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.project)/examples").sorted()
            #expect(files == Self.names.map { "\($0).yaml" })
            let readme = try String(contentsOfFile: "\(Self.project)/README.md", encoding: .utf8)
            for file in files { #expect(readme.contains("(examples/\(file))"), "\(file)") }
        }

        /// A few large steps on one rank and on three: they train, and have the same bits.
        @Test(arguments: names)
        func anExampleTrainsTheSameOnAnyRanks(name: String) throws {
            var options = ["--config", Self.path(name), "--epochs", "1"]
            options +=
                name == "text-transformer" ? ["--set", "data.text.stride=8192"] : ["--global-batch-size", "1000"]
            var digests: [String] = []
            for ranks in [nil, 3] {
                let outcome = try Dtrain.run(options + ["--out", "runs/\(ranks ?? 1)"], ranks: ranks, in: folder)
                #expect(outcome.status == 0, "\(outcome)")
                digests += outcome.output.split(separator: "\n").filter { $0.hasPrefix("digest") }.map(String.init)
            }
            #expect(digests.count == 2 && digests[0] == digests[1], "\(digests)")
        }
    }
}
