import Storage
import Testing

extension CommandTests {
    /// Whatever is wrong with the input, a job of four ranks says it in one line, ends with its exit code, and leaves all files
    /// as they were.
    @Suite struct BadInputTests {
        @Test(arguments: BadInput.data + BadInput.text + BadInput.generate + BadInput.configuration + BadInput.runs)
        func isRefused(input: BadInput) throws {
            let folder = try TemporaryFolder()
            let arguments = try input.arguments(folder)
            let before = try folder.contents()
            let outcome = try Dtrain.start(arguments, ranks: 4, in: folder).finish(within: .seconds(20))
            #expect(!outcome.isTimedOut && outcome.status == input.code, "\(outcome)")
            #expect(outcome.reports.count == 1, "\(outcome)")
            for part in input.says {
                #expect(outcome.reports.first?.contains(part) ?? false, "no '\(part)' in \(outcome)")
            }
            #expect(outcome.output == "", "standard output is for results")
            #expect(try folder.contents() == before)
        }

        /// What rank 3 is told in place of the others' arguments: some of it leads to other collective calls.
        @Test(arguments: [
            ["--seed", "2"], ["--resume", "run"], ["--dry-run"], ["--frobnicate"], ["--help"], ["--data", "digits"],
        ])
        func ranksWithOtherArgumentsAreNamed(flags: [String]) throws {
            let folder = try TemporaryFolder()
            try FinishedRun.copy(into: folder)
            let common = Dtrain.smallNetwork + ["--epochs", "1"]
            let before = try folder.contents()
            let outcome = try Dtrain.start([(3, common), (1, common + flags)], in: folder).finish(within: .seconds(20))
            #expect(!outcome.isTimedOut && outcome.status == 76, "\(outcome)")
            #expect(outcome.reports.count == 1 && outcome.reports.first!.contains("rank 3 on "), "\(outcome)")
            #expect(try folder.contents() == before)
        }

        /// Weights of 1.6 GB where a rank may use 1.5 GB of addresses, on one rank, on four, and on three threads.
        @Test(arguments: [(1, 1), (4, 1), (1, 3)])
        func aNetworkThatDoesNotFitIntoMemory(ranks: Int, threads: Int) throws {
            let folder = try TemporaryFolder()
            let arguments = ["--set", "network=[{linear: 500000}, {linear: 10}]", "--threads", "\(threads)"]
            let outcome = try Dtrain.start([(ranks, arguments)], in: folder, under: ["prlimit", "--as=1500000000"])
                .finish(within: .seconds(20))
            #expect(!outcome.isTimedOut && outcome.status == 70 && outcome.reports.count == 1, "\(outcome)")
            #expect(outcome.reports.first?.contains("no memory for ") ?? false, "\(outcome)")
            #expect(outcome.reports.first?.contains("start fewer ranks a host") ?? false, "\(outcome)")
            #expect(try folder.contents().isEmpty)
        }

        /// One damaged checkpoint of several is passed over, aloud.
        @Test func anOlderCheckpointStandsInForADamagedOne() throws {
            let folder = try TemporaryFolder()
            let run = try FinishedRun.copy(into: folder)
            for step in [15, 16] {
                var bytes = try folder.read(FinishedRun.checkpoint(step))
                bytes[bytes.count / 2] ^= 16
                try folder.write(bytes, FinishedRun.checkpoint(step))
            }
            let outcome = try Dtrain.run(["--resume", "run", "--log-format", "json"], ranks: 4, in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains("damaged") && outcome.errors.contains("step-00000016.h5"), "\(outcome)")
            #expect(outcome.errors.contains("\"first_step\":10"), "\(outcome)")
            #expect(outcome.digest == run.digest)
            #expect(try Checkpoint.read(folder.file(FinishedRun.checkpoint(16))).digest == run.digest)
        }

        /// The result does not depend on run.h5.
        @Test func aRunGoesOnWithoutItsHistory() throws {
            let folder = try TemporaryFolder()
            let run = try FinishedRun.copy(into: folder)
            try folder.write(Array(folder.read("run/run.h5").dropLast(100)), "run/run.h5")
            for step in [15, 16] { try folder.remove(FinishedRun.checkpoint(step)) }
            let outcome = try Dtrain.run(["--resume", "run", "--log-format", "json"], ranks: 4, in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains("the history of steps 1 to 10 is lost, the result is not"), "\(outcome)")
            #expect(outcome.digest == run.digest)
            #expect(try RunFile.read(folder.file("run/run.h5")).steps.map(\.step) == Array(11...16))
        }
    }
}
