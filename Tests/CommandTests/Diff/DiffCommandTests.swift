import Foundation
import Storage
import Testing

extension CommandTests {
    /// `dtrain diff` on real runs.
    @Suite struct DiffCommandTests {
        private static let flags =
            FinishedRun.flags + ["--histogram-every", "5", "--set", "network.0.linear.outputs=5", "-q"]
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func train(_ name: String, _ flags: [String] = [], ranks: Int? = nil) throws {
            let outcome = try Dtrain.run(Self.flags + flags + ["--out", name], ranks: ranks, in: folder)
            #expect(outcome.status == 0, "\(outcome)")
        }

        private func diff(_ a: String, _ b: String, ranks: Int? = nil) throws -> CommandOutcome {
            try Dtrain.run(["diff", a, b], ranks: ranks, in: folder)
        }

        private func expect(_ outcome: CommandOutcome, _ status: Int32, says parts: String...) {
            #expect(outcome.status == status && outcome.errors == "", "\(outcome)")
            for part in parts { #expect(outcome.output.contains(part), "no '\(part)' in \(outcome)") }
        }

        /// The issue's own statement, with HDF5's tool and with dtrain: another number of ranks, stopped and resumed.
        @Test func equalRunsAreEqual() throws {
            try train("one")
            try train("three", ranks: 3)
            // As a kill after step 10 leaves it.
            for step in [15, 16] { try folder.remove("three/checkpoints/\(Checkpoint.fileName(step: step))") }
            let resumed = try Dtrain.run(["--resume", "three", "-q"], ranks: 2, in: folder)
            #expect(resumed.status == 0, "\(resumed)")
            expect(
                try diff("one", "three"), 0, says: "equal: /launches and /timing differ, as they may",
                "/steps: 16 rows in both", "/histograms: 3 rows in both", "checkpoints equal: steps 5, 10, 15, 16")
            expect(try diff("one", "one"), 0, says: "equal: nothing differs")
            expect(try diff("one/run.h5", "three/run.h5"), 0, says: "equal: ")
            expect(try diff("one/checkpoints/latest", "three/checkpoints/latest"), 0, says: "equal: nothing differs")
            let h5diff = try RunningCommand(
                "h5diff",
                ["--exclude-path", "/launches", "--exclude-path", "/timing", "one/run.h5", "three/run.h5"],
                in: folder.path
            ).finish()
            #expect(h5diff.status == 0 && h5diff.output == "" && h5diff.errors == "", "\(h5diff)")
            #expect(try RunFile.read(folder.file("three/run.h5")).launches.map(\.firstStep) == [1, 11])
        }

        @Test func anotherSeedIsNamed() throws {
            try train("one")
            try train("two", ["--seed", "2"])
            expect(
                try diff("one", "two"), 1, says: "different: step 1: /steps/loss: ", "seed           1  2",
                "parameter linear1/weight")
            // Every rank of a job ends with the verdict.
            expect(try diff("one", "two", ranks: 3), 1, says: "different: step 1: ")
        }

        /// The rate is another from step 10 on, the configuration's text too.
        @Test func theFirstStepIsNamed() throws {
            try train(
                "one", ["--set", "schedule={step: {everyEpochs: 1}}", "--global-batch-size", "400", "--epochs", "2"])
            try train(
                "two",
                [
                    "--set", "schedule={step: {everyEpochs: 1, factor: 0.5}}", "--global-batch-size", "400", "--epochs",
                    "2",
                ])
            expect(
                try diff("one", "two"), 1, says: "different: step 11: /steps/learning_rate: 0.005", "against 0.025",
                "schedule.step.factor", "checkpoints equal but for the configuration: steps 5, 10",
                "checkpoints different: steps 15, 20")
        }

        /// With another learning rate the first update is the first thing that differs; with another seed the first weights
        /// do, but the batch comes before them.
        @Test func theFirstOperationIsNamed() throws {
            try train("one", ["--trace"])
            try train("three", ["--trace"], ranks: 3)
            expect(try diff("one", "three"), 0, says: "equal: ", "/trace: 16 rows in both")
            try train("faster", ["--trace", "--learning-rate", "0.06"], ranks: 2)
            expect(try diff("one", "faster"), 1, says: "different: step 1: linear1/weight after the update\n")
            try train("two", ["--trace", "--seed", "2"])
            expect(try diff("one", "two"), 1, says: "different: step 1: inputs\n")
            try train("untraced")
            expect(try diff("one", "untraced"), 1, says: "different: /trace: a group in A, missing in B\n")
        }

        /// One bit of one parameter, in a checkpoint that is otherwise in order.
        @Test func aFlippedBitIsNamed() throws {
            try train("one")
            try folder.copy(folder.file("one"), as: "two")
            let name = "checkpoints/\(Checkpoint.fileName(step: 10))"
            var checkpoint = try Checkpoint.read(folder.file("two/\(name)"))
            let index = try #require(checkpoint.parameters.firstIndex { $0.name == "linear2/weight" })
            let old = checkpoint.parameters[index].values[23]
            checkpoint.parameters[index].values[23] = Float(bitPattern: old.bitPattern ^ 4)
            _ = try checkpoint.write(folder: folder.file("two/checkpoints"))
            expect(
                try diff("one", "two"), 1,
                says: "different: checkpoint of step 10: parameter linear2/weight [2, 3]: \(old) against",
                "4 ULPs apart", "checkpoints equal: steps 5, 15, 16")
            expect(
                try diff("one/\(name)", "two/\(name)"), 1, says: "different: parameter linear2/weight [2, 3]: \(old) ")
            var bytes = try folder.read("two/\(name)")
            bytes[bytes.count / 2] ^= 1
            try folder.write(bytes, "two/\(name)")
            try refuses("one/\(name)", "two/\(name)", 65, "SHA-256")
            try refuses("one", "two", 65, "SHA-256")
        }

        /// h5diff 1.10.8 ends with 0 where rows are missing.
        @Test func missingRowsAreNamed() throws {
            try train("one")
            try folder.copy(folder.file("one"), as: "two")
            var history = try RunFile.read(folder.file("one/run.h5"))
            history.truncate(afterStep: 12, completedEpochs: 0)
            try RunFile.write(history, to: folder.file("two/run.h5"))
            expect(
                try diff("one", "two"), 1, says: "different: only one has some of the rows",
                "/steps: 12 rows in both; 4 only in A: steps 13 … 16", "/epochs: 0 rows in both; 1 only in A: epoch 1",
                "/histograms: 2 rows in both; 1 only in A: step 15")
        }

        /// A column that one has more comes before the list of columns, in which it is too.
        @Test func aColumnIsNamed() throws {
            try train("one")
            try folder.copy(folder.file("one"), as: "two")
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../StorageTests/edit_with_h5py.py").standardized.path
            let edit = try RunningCommand(
                "/usr/bin/python3", [script, "two/run.h5", ">/steps/samples", "/steps/extra"], in: folder.path
            ).finish()
            #expect(edit.status == 0, "\(edit)")
            expect(
                try diff("one", "two"), 1, says: "different: /steps/samples: a dataset in A, missing in B\n",
                "/steps/step@REFERENCE_LIST", "{/steps/samples, 0}  {/steps/extra, 0}")
        }

        @Test func whatCannotBeComparedIsRefused() throws {
            try FinishedRun.copy(into: folder)
            try refuses("run", "none", 66, "none")
            try refuses("none", "run", 66, "none")
            try refuses("run", "run/checkpoints", 66, "run/checkpoints/run.h5")
            try refuses("run", "run/checkpoints/latest", 64, "a checkpoint")
            try refuses("run", "run/config.yaml", 65, "neither")
            let outcome = try Dtrain.run(["diff", "run"], in: folder)
            #expect(outcome.status == 64 && outcome.reports.count == 1, "\(outcome)")
        }

        /// One line, on one rank or three.
        private func refuses(_ a: String, _ b: String, _ status: Int32, _ part: String) throws {
            for ranks in [nil, 3] {
                let outcome = try diff(a, b, ranks: ranks)
                #expect(outcome.status == status && outcome.output == "" && outcome.reports.count == 1, "\(outcome)")
                #expect(outcome.reports.first?.contains(part) ?? false, "no '\(part)' in \(outcome)")
            }
        }
    }
}
