import Storage
import Testing

extension CommandTests {
    /// Runs that diverge on real ranks: nothing hangs, one line says where, and the last checkpoint is as it was.
    @Suite struct NonFiniteCommandTests {
        /// Two layers at a rate that makes weights of 10²⁸ in the first step: the second step overflows.
        private static let diverging = [
            "--set", "network=[{linear: 6}, relu, {linear: 10}]", "--epochs", "1", "--learning-rate", "1e30",
            "--log-format", "json",
        ]
        private static let checkpointed = diverging + ["--checkpoint-every", "1"]
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func checkpoints(_ run: String) throws -> [String: String] {
            try folder.contents().filter { $0.key.hasPrefix("\(run)/checkpoints/") }
                .reduce(into: [:]) { $0[String($1.key.dropFirst(run.count))] = $1.value }
        }

        @Test func aDivergingJobStopsWithOneLine() throws {
            let outcome = try Dtrain.start(Self.checkpointed + ["--out", "run"], ranks: 3, in: folder)
                .finish(within: .seconds(20))
            #expect(!outcome.isTimedOut && outcome.status == 70, "\(outcome)")
            #expect(outcome.reports.count == 1 && outcome.output == "", "\(outcome)")
            let report = try #require(outcome.reports.first)
            for part in [
                "rank 0 on ", ": step 2: the loss is nan; ", ", forward: output[", ", samples ",
                " more (on all 3 ranks)",
                "; the checkpoint of step 1 is kept; a smaller learning rate (now 1e+30)",
            ] {
                #expect(report.contains(part), "no '\(part)' in \(report)")
            }
            let run = try RunFolder.open(path: folder.file("run"))
            let status = try run.status()
            #expect(status.state == .failed && status.step == 1 && status.reason.hasPrefix("step 2: the loss is nan; "))
            #expect(try RunFile.read(run.runFile).steps.map(\.step) == [1])
            let before = try checkpoints("run")
            #expect(before.keys.sorted() == ["/checkpoints/latest", "/checkpoints/step-00000001.h5"])
            // The same end, but for the ranks, alone and resumed; no checkpoint is touched.
            let alone = try Dtrain.run(Self.checkpointed + ["--threads", "1", "--out", "alone"], in: folder)
            #expect(alone.status == 70 && alone.reports.count == 1, "\(alone)")
            #expect(try RunFolder.open(path: folder.file("alone")).status() == status)
            #expect(try checkpoints("alone") == before)
            let resumed = try Dtrain.start(["--resume", "run"], ranks: 2, in: folder).finish(within: .seconds(20))
            #expect(!resumed.isTimedOut && resumed.status == 70 && resumed.reports.count == 1, "\(resumed)")
            #expect(try run.status() == status)
            #expect(try checkpoints("run") == before)
        }

        /// The threads of two processes: one line as well, and all of them end.
        @Test func aDivergingJobOfThreadsStopsWithOneLine() throws {
            for ranks in [nil, 2] as [Int?] {
                let outcome = try Dtrain.start(
                    Self.checkpointed + ["--threads", "3", "--out", "run\(ranks ?? 1)"], ranks: ranks, in: folder
                ).finish(within: .seconds(20))
                #expect(!outcome.isTimedOut && outcome.status == 70 && outcome.output == "", "\(outcome)")
                #expect(outcome.reports.count == 1, "\(outcome)")
                #expect(
                    outcome.reports.first?.contains("on all \(3 * (ranks ?? 1)) ranks") ?? false, "\(outcome)")
            }
        }

        @Test(arguments: ["skip", "rollback"])
        func theOtherAnswersGiveTheSameFilesOnEveryNumberOfRanks(policy: String) throws {
            let flags =
                policy == "skip"
                ? Self.checkpointed + ["--set", "nonFinite={skip: 1000}"]
                : Self.diverging + ["--set", "nonFinite={rollback: {factor: 1e-30}}"]
            let alone = try Dtrain.run(flags + ["--threads", "1", "--out", "alone"], in: folder)
            let digest = try #require(alone.digest, "\(alone)")
            let history = try RunFile.read(folder.file("alone/run.h5"))
            #expect(Set(history.events.map(\.kind)) == [policy])
            #expect(history.events.count == (policy == "skip" ? 15 : 1))
            #expect(
                alone.errors.split(separator: "\n").count { $0.contains("\"event\":\"note\"") } == history.events.count)
            let excluded = ["--exclude-path", "/launches", "--exclude-path", "/timing"]
            for ranks in [2, 3] {
                let run = "ranks\(ranks)"
                let outcome = try Dtrain.start(flags + ["--out", run], ranks: ranks, in: folder)
                    .finish(within: .seconds(30))
                #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
                #expect(outcome.digest == digest)
                #expect(try RunFile.read(folder.file("\(run)/run.h5")).events == history.events)
                let difference = try RunningCommand(
                    "h5diff", excluded + ["alone/run.h5", "\(run)/run.h5"], in: folder.path
                ).finish()
                #expect(difference.status == 0 && difference.output == "", "\(difference)")
                #expect(try checkpoints(run) == checkpoints("alone"))
            }
        }
    }
}
