import Foundation
import Storage
import Testing

extension CommandTests {
    /// `dtrain inspect`.
    @Suite struct InspectCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func inspect(_ arguments: [String], ranks: Int? = nil) throws -> CommandOutcome {
            try Dtrain.run(["inspect"] + arguments, ranks: ranks, in: folder)
        }

        private static let network = [
            "--set", "network=[{linear: 6}, {residual: [{linear: 6}, tanh]}, {linear: 10}]", "--seed", "3",
        ]

        /// The same with and without `--graph`, on one rank and three; nothing is written.
        @Test func aConfigurationIsShown() throws {
            let outcome = try inspect(Self.network + ["--graph"])
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            for part in ["residual1", "shortcut", "identity", "weight [784, 6]", "4,704", "+ branch", "[N, 784]"] {
                #expect(outcome.output.contains(part), "no '\(part)' in \(outcome)")
            }
            #expect(outcome.output.contains("parameters   4,822 in 6 arrays\n"), "\(outcome)")
            #expect(try inspect(Self.network).output == outcome.output)
            let three = try inspect(Self.network, ranks: 3)
            #expect(three.status == 0 && three.reports.isEmpty && three.output == outcome.output, "\(three)")
            #expect(try folder.contents().isEmpty)
            // What training says of itself before it starts.
            for arguments in [["--dry-run"], ["debug", "--steps", "1"]] {
                let other = try Dtrain.run(arguments + Self.network, in: folder)
                #expect(other.output.contains(outcome.output), "\(arguments)")
            }
        }

        /// Other tools read the files: an XML parser that is not ours, and none of the text is lost on standard output.
        @Test func filesAreWritten() throws {
            let text = try inspect(Self.network).output
            let outcome = try inspect(Self.network + ["--dot", "net.dot", "--svg", "net.svg"], ranks: 2)
            #expect(outcome.status == 0 && outcome.output == text && outcome.reports.isEmpty, "\(outcome)")
            #expect(try folder.contents().keys.sorted() == ["net.dot", "net.svg"])
            let script = """
                import xml.etree.ElementTree as tree
                root = tree.parse("net.svg").getroot()
                print(root.tag, float(root.get("width")) > 300, "".join(root.itertext()).count("weight [6, 6]"))
                """
            let python = try RunningCommand("/usr/bin/python3", ["-c", script], in: folder.path).finish()
            #expect(python.output == "{http://www.w3.org/2000/svg}svg True 1\n", "\(python)")
            let dot = String(decoding: try folder.read("net.dot"), as: UTF8.self)
            #expect(dot.hasPrefix("digraph network {\n") && dot.contains("weight [6, 6]: 36"))
            // Written anew.
            #expect(try inspect(["--svg", "net.svg"]).status == 0)
            #expect(try folder.contents().keys.sorted() == ["net.dot", "net.svg"])
            #expect(String(decoding: try folder.read("net.svg"), as: UTF8.self).contains("235,658"))
        }

        /// Documentation/inspect.md has the text, and the drawing beside it.
        @Test func theDocumentationShowsWhatIsPrinted() throws {
            let pages = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../Documentation").standardized
            let page = try String(contentsOf: pages.appendingPathComponent("inspect.md"), encoding: .utf8)
            let network = "network=[{linear: 64}, {residual: [{linear: 64}, relu, {linear: 64}]}, {linear: 10}]"
            let outcome = try inspect(["--set", network, "--svg", "inspect.svg"])
            let text = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
            #expect(
                page.contains("    dtrain inspect --set '\(network)'\n") && page.contains("\n\n\(text)\n\n"), "\(text)")
            let drawing = try Data(contentsOf: pages.appendingPathComponent("inspect.svg"))
            #expect(try folder.read("inspect.svg") == Array(drawing), "draw it anew with the page's command")
        }

        @Test func whatARunHoldsIsShown() throws {
            let run = try FinishedRun.copy(into: folder)
            let before = try folder.contents()
            let facts = ["step               16\n", "epoch              1\n", "digest             \(run.digest)\n"]
            let network = "parameters   4,792 in 6 arrays\n"
            let whole = try inspect(["run"])
            #expect(whole.status == 0 && whole.errors == "", "\(whole)")
            for part in facts + ["done at step 16", "16 steps, 1 epoch", "after steps 5, 10, 15, 16\n", network] {
                #expect(whole.output.contains(part), "no '\(part)' in \(whole)")
            }
            let checkpoint = try inspect(["run/checkpoints/latest"], ranks: 2)
            let values = try Checkpoint.read(folder.file("run/checkpoints/latest")).parameters
            let weight = try #require(values.first { $0.name == "linear2/weight" })
            let norm = weight.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let row = try #require(
                checkpoint.output.split(separator: "\n").first { $0.hasPrefix("parameters/linear2/weight ") })
            #expect(row.contains("[6, 10]") && abs(Double(row.split(separator: " ").last!)! - norm) < 1e-4 * norm)
            for part in facts + ["buffers/batchnorm1/running_mean", network] {
                #expect(checkpoint.output.contains(part), "no '\(part)' in \(checkpoint)")
            }
            let history = try inspect(["run/run.h5"])
            #expect(history.output.contains("16 steps, 1 epoch") && history.output.contains(network), "\(history)")
            // The graph alone is that of the configuration.
            let graph = try inspect(["run", "--graph"])
            #expect(graph.output == (try inspect(Dtrain.smallNetwork).output), "\(graph)")
            #expect(try folder.contents() == before)
        }

        /// Without the data that a run was trained on, its file can be looked at, but not drawn.
        @Test func aRunWithoutItsDataIsShown() throws {
            try Digits(in: folder, name: "here").edit(Digits.trainImages) { _ in }
            let trained = try Dtrain.run(
                Dtrain.smallNetwork + ["--epochs", "1", "--data", "here", "--out", "run", "-q"], in: folder)
            #expect(trained.status == 0, "\(trained)")
            #expect(try inspect(["run", "--graph"]).output.contains("4,792"))
            try FileManager.default.moveItem(atPath: folder.file("here"), toPath: folder.file("there"))
            let outcome = try inspect(["run"])
            #expect(outcome.status == 0 && outcome.output.contains("\nThe network is not shown: "), "\(outcome)")
            #expect(outcome.output.contains("done at step") && outcome.output.contains("--data"), "\(outcome)")
            try refuses(["run", "--graph"], 66, "here", "--data")
            #expect(try inspect(["run", "--data", "there"]).output.contains("4,792"))
        }

        @Test func whatCannotBeWrittenIsRefused() throws {
            try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("link"), withDestinationPath: folder.file("folder"))
            try folder.write("text", "file")
            for place in ["folder", "folder/", "missing/net", "file/net", "link", "/proc/net"] {
                try refuses(["--svg", place], 73, place)
            }
            try refuses(["--dot", "folder"], 73, "folder")
            try refuses(["--dot", ""], 64, "--dot")
            try refuses(["--svg", ""], 64, "--svg")
            try refuses(["--dot", "same", "--svg", "same"], 64, "same")
        }

        @Test func whatCannotBeReadIsRefused() throws {
            try FinishedRun.copy(into: folder)
            try refuses(["none"], 66, "none")
            try refuses(["run/checkpoints"], 66, "there is no run")
            try refuses(["run/config.yaml"], 65, "neither", "--config")
            try refuses(["run", "--seed", "2"], 64, "--data")
            try refuses(["run", "--config", "run/config.yaml"], 64, "--data")
            try refuses(["run", "run"], 64, "run")
            try refuses(["--seed", "2", "--checkpoint-every", "5"], 64, "Unknown option '--checkpoint-every'")
            try refuses(["--set", "network=[relu, {linear: 6}]"], 64, "linear1", "[10]")
            try refuses(["--config", "none.yaml"], 66, "none.yaml")
            var bytes = try folder.read(FinishedRun.checkpoint(10))
            bytes[bytes.count / 2] ^= 1
            try folder.write(bytes, FinishedRun.checkpoint(10))
            try refuses([FinishedRun.checkpoint(10)], 65, "SHA-256")
            var other = try RunFile.read(folder.file("run/run.h5"))
            other.parameterCount += 1
            try RunFile.write(other, to: folder.file("other.h5"))
            try refuses(["other.h5", "--graph"], 65, "4,793", "4,792")
            var history = try folder.read("run/run.h5")
            history.removeLast(100)
            try folder.write(history, "run/run.h5")
            try refuses(["run/run.h5"], 65, "truncated")
            try refuses(["run"], 65, "truncated")
            // A checkpoint whose tensors its configuration does not make.
            var checkpoint = try Checkpoint.read(folder.file(FinishedRun.checkpoint(16)))
            checkpoint.parameters.removeLast()
            try folder.remove(FinishedRun.checkpoint(16))
            let path = try checkpoint.write(folder: folder.path)
            #expect(try inspect([path]).output.contains("The network is not shown: "))
            try refuses([path, "--graph"], 65, "has shape none")
        }

        /// One line, on one rank or three, and no file is changed.
        private func refuses(_ arguments: [String], _ status: Int32, _ parts: String...) throws {
            let before = try folder.contents()
            for ranks in [nil, 3] {
                let outcome = try inspect(arguments, ranks: ranks)
                #expect(outcome.status == status && outcome.output == "" && outcome.reports.count == 1, "\(outcome)")
                for part in parts {
                    #expect(outcome.reports.first?.contains(part) ?? false, "no '\(part)' in \(outcome)")
                }
            }
            #expect(try folder.contents() == before)
        }
    }
}
