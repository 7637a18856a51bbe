import Storage
import Testing

extension CommandTests {
    /// A bit that flips in a rank's memory ends the job before a checkpoint is replaced.
    @Suite struct DriftTests {
        private static let flags =
            Dtrain.smallNetwork + [
                "--epochs", "2", "--checkpoint-every", "8", "--set", "driftChecks.every=4", "--set",
                "checkpoints.keepLast=0", "--out", "run",
            ]

        /// Every rank with a copy of its own, as on nodes of one rank.
        private static let apart = ["--set", "sharedMemory=false"]

        /// In an owner's memory, in a copy, in a running statistic; after a check's step, and after a checkpoint's. Where ranks
        /// share a copy, its owner is named, whoever flips a bit of it.
        @Test(arguments: [
            (flip: "0:12:linear1/weight:0", found: "linear1/weight", rank: 0, isShared: false),
            (flip: "2:12:linear1/weight:77", found: "linear1/weight", rank: 2, isShared: false),
            (flip: "1:16:linear1/bias:31", found: "linear1/bias", rank: 1, isShared: false),
            (flip: "2:16:batchnorm1/running_mean:0", found: "batchnorm1/running_mean", rank: 2, isShared: false),
            (flip: "0:12:linear1/weight:0", found: "linear1/weight", rank: 0, isShared: true),
            (flip: "2:12:linear1/weight:77", found: "linear1/weight", rank: 0, isShared: true),
            (flip: "1:16:batchnorm1/running_mean:0", found: "batchnorm1/running_mean", rank: 1, isShared: true),
        ])
        func aFlippedBitEndsTheJob(flip: String, found: String, rank: Int, isShared: Bool) throws {
            let folder = try TemporaryFolder()
            let flags = Self.flags + (isShared ? [] : Self.apart)
            let outcome = try Dtrain.run(flags + ["--flip-bit", flip], ranks: 3, in: folder)
            #expect(outcome.status == 76 && outcome.reports.count == 1 && !outcome.isTimedOut, "\(outcome)")
            let report = outcome.reports.first ?? ""
            #expect(report.contains("rank \(rank) on ") && report.contains(found), "\(report)")
            #expect(report.contains("--resume run"), "\(report)")
            let run = try RunFolder.open(path: folder.file("run"))
            #expect(try run.status().state == .failed)
            #expect(try run.checkpoints.entries().map(\.step) == [8])
            // What is there is what an undisturbed run has there, and the run goes on from it.
            _ = try Dtrain.run(Self.flags.dropLast() + ["whole"], in: folder)
            let checkpoint = "checkpoints/\(Checkpoint.fileName(step: 8))"
            #expect(try folder.read("run/\(checkpoint)") == folder.read("whole/\(checkpoint)"))
            let resumed = try Dtrain.run(["--resume", "run"], ranks: 2, in: folder)
            #expect(resumed.status == 0, "\(resumed)")
            let last = "checkpoints/\(Checkpoint.fileName(step: 32))"
            #expect(try folder.read("run/\(last)") == folder.read("whole/\(last)"))
        }

        /// Nothing was recorded while it was written: the owner has what no other rank has.
        @Test(arguments: [0, 7])
        func anOwnerThatChangedUnrecordedIsNamed(step: Int) throws {
            let folder = try TemporaryFolder()
            let flags = Dtrain.smallNetwork + Self.apart + ["--checkpoint-every", "7", "--out", "run"]
            let outcome = try Dtrain.run(flags + ["--flip-bit", "0:\(step):linear1/weight:0"], ranks: 3, in: folder)
            #expect(outcome.status == 76 && outcome.reports.count == 1, "\(outcome)")
            let report = outcome.reports.first ?? ""
            #expect(report.contains("rank 0 on ") && report.contains("differs from what most ranks have"), "\(report)")
            #expect(report.contains("found after step \(step);"), "\(report)")
            #expect(try RunFolder.open(path: folder.file("run")).checkpoints.entries().isEmpty)
        }

        /// A flipped bit of an exponent makes a loss that is no number, and is no divergence: neither left out nor gone back
        /// from, however long the next check would be.
        @Test(arguments: ["stop", "skip", "rollback"])
        func aFlippedBitIsNotTakenForDivergence(policy: String) throws {
            let folder = try TemporaryFolder()
            let flags =
                Dtrain.smallNetwork + Self.apart
                + ["--checkpoint-every", "5", "--set", "nonFinite=\(policy)", "--out", "run"]
            let outcome = try Dtrain.run(flags + ["--flip-bit", "2:7:batchnorm1/gamma:30"], ranks: 3, in: folder)
            #expect(outcome.status == 76 && outcome.reports.count == 1 && !outcome.isTimedOut, "\(outcome)")
            let report = outcome.reports.first ?? ""
            #expect(report.contains("rank 2 on ") && report.contains("batchnorm1/gamma"), "\(report)")
            let run = try RunFolder.open(path: folder.file("run"))
            #expect(try run.checkpoints.entries().map(\.step) == [5])
            #expect(try RunFile.read(run.runFile).events.isEmpty)
        }

        /// A running statistic that is infinite on one of two ranks: the other must not go on without it.
        @Test(arguments: ["stop", "skip", "rollback"])
        func aStatisticThatIsNoNumberOnOneRankEndsTheJob(policy: String) throws {
            let folder = try TemporaryFolder()
            let network =
                "network=[{batchnorm: {momentum: 1}}, {linear: 32}, relu, {batchnorm: {momentum: 0.5}}, {linear: 10}]"
            let flags = ["--set", network, "--set", "nonFinite=\(policy)", "--out", "run"]
            let outcome = try Dtrain.start(
                flags + ["--flip-bit", "1:5:batchnorm2/running_variance:702"], ranks: 2, in: folder
            ).finish(within: .seconds(30))
            #expect(outcome.status == 76 && outcome.reports.count == 1 && !outcome.isTimedOut, "\(outcome)")
            let report = outcome.reports.first ?? ""
            for part in ["rank 1 on ", "batchnorm2/running_variance", "no majority of the ranks tells which is right"] {
                #expect(report.contains(part), "no '\(part)' in \(report)")
            }
        }

        @Test(arguments: ["3:1:linear1/weight:0", "0:1:linear7/weight:0", "0:1:linear1/bias:99999", "0:1"])
        func aFlipThatCannotBeIsRefused(flip: String) throws {
            let folder = try TemporaryFolder()
            let outcome = try Dtrain.run(Self.flags + ["--flip-bit", flip], ranks: 3, in: folder)
            #expect(outcome.status == 64 && outcome.reports.count == 1, "\(outcome)")
        }
    }
}
