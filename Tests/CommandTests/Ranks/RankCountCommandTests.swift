import Distributed
import Storage
import Testing

extension CommandTests {
    /// The program gives the same files, byte for byte where no time is in them, on any number of real MPI ranks.
    @Suite struct RankCountCommandTests {
        /// May differ between equal runs.
        private static let excluded = ["/launches", "/timing"].flatMap { ["--exclude-path", $0] }
        private static let optimizers = ["sgd", "momentum", "nesterov", "adam", "adamw"]
        private static let counts = [2, 3, 4, 5, 7, 8, 16]

        /// The default network, with histograms, an epoch's row, and checkpoints in mid-epoch and at the end.
        @Test func allRankCountsGiveTheSameFiles() throws {
            let flags = ["--epochs", "1", "--histogram-every", "5", "--checkpoint-every", "7"]
            try expectSame(flags, [1] + Self.counts, checkpoints: [7, 14, 16]) { history in
                #expect(history.histograms.steps == [5, 10, 15])
                #expect(history.epochs.count == 1 && history.steps.count == 16)
            }
        }

        /// As many shards as the most ranks; a last batch of one row, so that all shards but one are empty.
        @Test func sixteenShardsAndABatchOfOneRowGiveTheSameFiles() throws {
            let flags =
                Dtrain.smallNetwork + [
                    "--epochs", "1", "--shards", "16", "--global-batch-size", "1333", "--histogram-every", "2",
                    "--checkpoint-every", "3",
                ]
            try expectSame(flags, Self.counts, checkpoints: [3, 4]) { history in
                #expect(history.steps.map(\.samples) == [1333, 1333, 1333, 1])
            }
        }

        /// Each on its own pair of rank counts, with a ragged last batch: 87 of 301 rows.
        @Test(arguments: optimizers.indices)
        func everyOptimizerGivesTheSameFiles(index: Int) throws {
            let flags =
                Dtrain.smallNetwork + [
                    "--epochs", "1", "--global-batch-size", "301", "--optimizer", Self.optimizers[index], "--set",
                    "gradientClipping={norm: 0.5}", "--set", "augmentation={shift: 2}", "--histogram-every", "6",
                    "--checkpoint-every", "9",
                ]
            let counts = [Self.counts[index % 5 + 1], Self.counts[(index + 2) % 5]]
            try expectSame(flags, counts, checkpoints: [9, 14]) { history in
                #expect(history.steps.last?.samples == 87)
            }
        }

        /// Ranks that are threads, of one process and of several: the same files; with more threads than shards too.
        @Test func threadsGiveTheSameFiles() throws {
            let folder = try TemporaryFolder()
            let flags =
                FinishedRun.flags + ["--histogram-every", "5", "--set", "gradientClipping={norm: 0.5}"]
                + ["--log-format", "json"]
            let alone = try Dtrain.run(flags + ["--threads", "1", "--out", "alone"], in: folder)
            let digest = try #require(alone.digest, "\(alone)")
            let history = try RunFile.read(folder.file("alone/run.h5"))
            for (processes, threads) in [(nil, 2), (nil, 5), (nil, 11), (1, 3), (2, 2), (3, 3)] as [(Int?, Int)] {
                let run = "\(processes ?? 0)-\(threads)"
                let outcome = try Dtrain.run(
                    flags + ["--threads", "\(threads)", "--out", run], ranks: processes, in: folder)
                #expect(outcome.status == 0 && outcome.reports.isEmpty && outcome.digest == digest, "\(outcome)")
                var found = try RunFile.read(folder.file("\(run)/run.h5"))
                #expect(found.launches.map(\.ranks) == [(processes ?? 1) * threads])
                #expect(found.launches.map(\.processes) == [processes ?? 1])
                found.launches = history.launches
                found.timing = history.timing
                #expect(found == history, "\(run)")
                try expectNoDifference(["alone/run.h5", "\(run)/run.h5"], Self.excluded, in: folder)
            }
        }

        /// What a container computes again changes no file, and may change on resume.
        @Test func recomputationGivesTheSameFiles() throws {
            let folder = try TemporaryFolder()
            func flags(_ recomputes: Bool) -> [String] {
                [
                    "--set",
                    "network=[{sequence: {layers: [{linear: 6}, batchnorm, {dropout: 0.3}, tanh], recompute: \(recomputes)}}, {linear: 10}]",
                    "--log-format", "json",
                ]
            }
            let kept = try Dtrain.run(flags(false) + ["--epochs", "2", "--out", "kept"], in: folder)
            let again = try Dtrain.run(flags(true) + ["--epochs", "1", "--out", "again"], ranks: 3, in: folder)
            #expect(kept.digest != nil && again.status == 0, "\(again)")
            let resumed = try Dtrain.run(
                [
                    "--resume", "again", "--epochs", "2", "--log-format", "json", "--set",
                    "network.0.sequence.recompute=false",
                ], ranks: 2, in: folder)
            #expect(resumed.digest == kept.digest, "\(resumed)")
            let whole = try Dtrain.run(flags(true) + ["--epochs", "2", "--out", "whole"], ranks: 2, in: folder)
            #expect(whole.digest == kept.digest, "\(whole)")
            let difference = try Dtrain.run(["diff", "kept", "whole"], in: folder)
            #expect(difference.status == 0, "\(difference)")
        }

        /// As many threads as CPUs are left to a process, and no more than shards; more are taken, with a warning.
        @Test func threadsFollowTheCPUs() throws {
            let folder = try TemporaryFolder()
            func ranks(_ arguments: [String], _ run: String) throws -> (Int?, CommandOutcome) {
                let flags = FinishedRun.flags + arguments + ["--out", run]
                let outcome = try RunningCommand("taskset", ["-c", "0", Dtrain.path] + flags, in: folder.path).finish()
                return (try RunFile.read(folder.file("\(run)/run.h5")).launches.first?.ranks, outcome)
            }
            let (one, quiet) = try ranks([], "one")
            #expect(one == 1 && !quiet.errors.contains("CPUs"), "\(quiet)")
            let (three, warned) = try ranks(["--threads", "3"], "three")
            #expect(three == 3, "\(warned)")
            #expect(warned.errors.contains("3 threads a process are more ranks than there are CPUs"), "\(warned)")
            for command in [["--dry-run"], ["bench", "--only", "memory"]] {
                let flags = command + Dtrain.smallNetwork + ["--threads", "3"]
                let outcome = try RunningCommand("taskset", ["-c", "0", Dtrain.path] + flags, in: folder.path).finish()
                #expect(outcome.status == 0, "\(outcome)")
                #expect(outcome.errors.contains("3 threads a process are more ranks"), "\(outcome)")
            }
            let free = try Dtrain.run(FinishedRun.flags + ["--out", "free"], in: folder)
            let found = try RunFile.read(folder.file("free/run.h5")).launches.first?.ranks
            #expect(found == min(8, AllowedCPUs.current.count), "\(free)")
            let two = try Dtrain.run(FinishedRun.flags + ["--shards", "1", "--out", "shard"], in: folder)
            #expect(try RunFile.read(folder.file("shard/run.h5")).launches.first?.ranks == 1, "\(two)")
        }

        /// More processes than CPUs: the same files, and one warning that names the host.
        @Test func processesThatTakeTurnsAreNamed() throws {
            let folder = try TemporaryFolder()
            let cpus = AllowedCPUs.current.count
            for (ranks, isWarned) in [(cpus, false), (cpus + 1, true)] where ranks > 1 {
                let run = "ranks-\(ranks)"
                let outcome = try Dtrain.run(
                    FinishedRun.flags + ["--shards", "\(ranks)", "--out", run], ranks: ranks, in: folder)
                let warnings = outcome.errors.split(separator: "\n").filter { $0.contains("take turns") }
                #expect(outcome.status == 0 && warnings.count == (isWarned ? 1 : 0), "\(outcome)")
                guard isWarned else { continue }
                let hosts = try #require(try RunFile.read(folder.file("\(run)/run.h5")).launches.first?.hosts)
                let host = hosts.prefix { $0 != "," }
                #expect(
                    warnings.first?.hasPrefix(
                        "warning: the \(ranks) ranks on \(host) are more than there are CPUs for them") ?? false,
                    "\(outcome)")
            }
        }

        /// More ranks than shards: the same files, and a warning that says how many idle and what would mend it.
        @Test func idleRanksAreNamedWithTheSettingThatMendsIt() throws {
            let folder = try TemporaryFolder()
            let flags = FinishedRun.flags + ["--shards", "3", "--log-format", "json"]
            let alone = try Dtrain.run(flags + ["--threads", "1", "--out", "alone"], in: folder)
            #expect(!alone.errors.contains("idle"), "\(alone)")
            let five = try Dtrain.run(flags + ["--out", "five"], ranks: 5, in: folder)
            #expect(alone.digest != nil && five.digest == alone.digest)
            let warnings = (five.output + five.errors).split(separator: "\n").filter { $0.contains("idle") }
            #expect(warnings.count == 1, "\(five)")
            #expect(warnings.first?.contains("2 of 5 ranks idle") ?? false, "\(five)")
            #expect(warnings.first?.contains("set shards to at least 5") ?? false, "\(five)")
        }

        /// The comparison can fail: another seed gives other bits.
        @Test func anotherSeedIsNoticed() throws {
            let folder = try TemporaryFolder()
            let flags = FinishedRun.flags + ["--log-format", "json", "--histogram-every", "5"]
            let one = try Dtrain.run(flags + ["--out", "one"], in: folder)
            let two = try Dtrain.run(flags + ["--seed", "2", "--out", "two"], ranks: 2, in: folder)
            // The digest covers the configuration; what was computed has to differ too.
            let checkpoints = try ["one", "two"].map { try Checkpoint.read(folder.file("\($0)/checkpoints/latest")) }
            #expect(one.digest != nil && two.digest != nil && one.digest != two.digest)
            #expect(checkpoints[0].parametersDigest != checkpoints[1].parametersDigest)
            let difference = try RunningCommand(
                "h5diff", Self.excluded + ["one/run.h5", "two/run.h5"], in: folder.path
            )
            .finish()
            #expect(difference.status == 1 && difference.output.contains("differences found"), "\(difference)")
        }

        /// Runs on one rank and on each of `counts` ranks, and compares digests, histories and checkpoints.
        private func expectSame(
            _ flags: [String], _ counts: [Int], checkpoints: [Int], check: (RunHistory) -> Void
        ) throws {
            let folder = try TemporaryFolder()
            let flags = flags + ["--log-format", "json"]
            let alone = try Dtrain.run(flags + ["--threads", "1", "--out", "alone"], in: folder)
            let digest = try #require(alone.digest, "\(alone)")
            let history = try RunFile.read(folder.file("alone/run.h5"))
            check(history)
            for ranks in counts {
                let run = "ranks\(ranks)"
                let outcome = try Dtrain.run(flags + ["--out", run], ranks: ranks, in: folder)
                #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
                #expect(outcome.digest == digest, "\(ranks) ranks")
                var found = try RunFile.read(folder.file("\(run)/run.h5"))
                #expect(found.launches.map(\.ranks) == [ranks])
                found.launches = history.launches
                found.timing = history.timing
                #expect(found == history, "\(ranks) ranks")
                try expectNoDifference(["alone/run.h5", "\(run)/run.h5"], Self.excluded, in: folder)
                for step in checkpoints {
                    let checkpoint = "checkpoints/\(Checkpoint.fileName(step: step))"
                    #expect(try folder.read("alone/\(checkpoint)") == folder.read("\(run)/\(checkpoint)"))
                    try expectNoDifference(["alone/\(checkpoint)", "\(run)/\(checkpoint)"], [], in: folder)
                }
            }
        }

        private func expectNoDifference(_ files: [String], _ flags: [String], in folder: TemporaryFolder) throws {
            let outcome = try RunningCommand("h5diff", flags + files, in: folder.path).finish()
            #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "", "\(files): \(outcome)")
        }

        /// A batch of all samples may be asked for by any number that is large enough; memory is for the samples that there are.
        @Test func aBatchMayBeLargerThanTheData() throws {
            let folder = try TemporaryFolder()
            let outcome = try Dtrain.run(
                ["--global-batch-size", "2147483647", "--epochs", "1"] + Dtrain.smallNetwork + ["--out", "all"],
                in: folder)
            #expect(outcome.status == 0 && outcome.errors.contains("1 epochs of 1 steps"), "\(outcome)")
        }
    }
}
