import Testing
import Training

extension CommandTests {
    /// `dtrain debug`.
    @Suite struct DebugCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        @Test func allChecksPass() throws {
            let outcome = try Dtrain.run(
                ["debug"] + Dtrain.smallNetwork + ["--steps", "2", "--ranks", "3", "--dump", "step.h5"], in: folder)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            for part in ["Layers", "linear1", "batchnorm1", "dropout1", "4,792", "Every check passed."] {
                #expect(outcome.output.contains(part), "no '\(part)' in \(outcome)")
            }
            let row = outcome.output.split(separator: "\n").first { $0.contains("3 virtual") }
            #expect(row?.contains("yes") ?? false, "\(outcome)")
            #expect(try folder.contents().keys.sorted() == ["step.h5"])

            let tree = try RunningCommand("h5dump", ["-n", "step.h5"], in: folder.path).finish()
            #expect(tree.status == 0 && tree.errors == "", "\(tree)")
            let paths = [
                "/samples", "/activations/input", "/activations/linear1", "/activations/dropout1",
                "/activations/linear2", "/activation_gradients/linear1", "/activation_gradients/linear2",
                "/gradients/linear1/weight", "/gradients/linear2/bias", "/gradients/batchnorm1/gamma",
            ]
            for path in paths { #expect(tree.output.contains(" \(path)\n"), "no \(path) in \(tree.output)") }
            let values = try RunningCommand("h5dump", ["-d", "/gradients/linear2/bias", "step.h5"], in: folder.path)
            #expect(values.finish().output.contains("DATASPACE  SIMPLE { ( 10 ) / ( 10 ) }"))
        }

        /// A step that is taken in several passes is dumped whole.
        @Test func aDumpHasTheRowsOfAllPasses() throws {
            func dump(passes: Int) throws -> [Substring] {
                let file = "passes\(passes).h5"
                let outcome = try Dtrain.run(
                    [
                        "debug", "--set", "network=[{linear: 6}, relu, {linear: 10}]", "--set",
                        "accumulationSteps=\(passes)", "--steps", "1", "--dump", file,
                    ], in: folder)
                #expect(outcome.status == 0, "\(outcome)")
                let paths = [
                    "/samples", "/activations/input", "/activations/linear1", "/activation_gradients/linear1",
                    "/gradients/linear1/weight",
                ]
                let values = try RunningCommand(
                    "h5dump", ["-A", "0"] + paths.flatMap { ["-d", $0] } + [file], in: folder.path
                ).finish()
                #expect(values.status == 0 && values.output.contains("SIMPLE { ( 256, 6 )"), "\(values.errors)")
                // The first line names the file.
                return Array(values.output.split(separator: "\n").dropFirst())
            }
            #expect(try dump(passes: 4) == dump(passes: 1))
        }

        /// A loss that grows without bound is found, and named.
        @Test func theFirstValueThatIsNoNumberIsNamed() throws {
            let outcome = try Dtrain.run(
                [
                    "debug", "--set", "network=[{linear: 6}, relu, {linear: 10}]", "--learning-rate", "1e30", "--steps",
                    "20",
                ], in: folder)
            #expect(outcome.status == 70, "\(outcome)")
            #expect(outcome.reports.count == 1 && outcome.reports.first!.contains("step "), "\(outcome)")
            #expect(["linear1", "linear2"].contains { outcome.reports.first?.contains($0) ?? false }, "\(outcome)")
        }

        /// Every kind of layer in every size class, with no configuration and no data; rank 0 alone does it.
        @Test(arguments: [nil, 3])
        func everyKindOfLayerIsChecked(ranks: Int?) throws {
            let outcome = try Dtrain.run(["debug", "--all-layers"], ranks: ranks, in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            for kind in Configuration.layerKindNames + Configuration.lossKindNames.map({ "\($0) (classes)" }) {
                for size in SizeClass.allCases {
                    let lines = outcome.output.split(separator: "\n").filter {
                        $0.hasPrefix("\(kind) ") && $0.contains(size.rawValue) && $0.contains("pass")
                    }
                    #expect(lines.count == 1, "\(size.rawValue) of \(kind) in \(outcome)")
                }
            }
            #expect(outcome.output.contains("Every check passed."))
            #expect(try folder.contents().isEmpty)
        }

        @Test(
            arguments: [
                ["--ranks", "0"], ["--steps", "0"], ["--step", "2"], ["--steps", "1", "--out", "x"],
                ["--all-layers", "--ranks", "2"], ["--all-layers", "--steps", "1"], ["--all-layers", "--dump", "x.h5"],
                ["--all-layers", "--step", "1"], ["--all-layers", "--config", "x.yaml"],
                ["--all-layers", "--set", "seed=2"], ["--all-layers", "--gemm", "blas"],
            ])
        func wrongFlagsAreRefused(flags: [String]) throws {
            let outcome = try Dtrain.run(["debug"] + flags, in: folder)
            #expect(outcome.status == 64 && outcome.reports.count == 1 && outcome.output == "", "\(outcome)")
            #expect(try folder.contents().isEmpty)
        }

        /// On real ranks it compares these too.
        @Test func realRanksAreCompared() throws {
            let outcome = try Dtrain.run(["debug"] + Dtrain.smallNetwork + ["--steps", "2"], ranks: 3, in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            let row = outcome.output.split(separator: "\n").first { $0.contains("3 real") }
            #expect(row?.contains("yes") ?? false, "\(outcome)")
        }
    }
}
