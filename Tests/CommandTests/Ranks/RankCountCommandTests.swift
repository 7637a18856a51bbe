import Storage
import Testing

extension CommandTests {
    /// The default network gives the same bits on any number of real MPI ranks.
    @Suite struct RankCountCommandTests {
        /// Histograms, an epoch's row, and checkpoints in mid-epoch and at the end.
        private static let flags = [
            "--epochs", "1", "--histogram-every", "5", "--checkpoint-every", "7", "--log-format", "json",
        ]
        /// May differ between equal runs.
        private static let excluded = ["/launches", "/timing"].flatMap { ["--exclude-path", $0] }

        @Test func allRankCountsGiveTheSameFiles() throws {
            let folder = try TemporaryFolder()
            let alone = try Dtrain.run(Self.flags + ["--out", "alone"], in: folder)
            let digest = try #require(alone.digest, "\(alone)")
            let history = try RunFile.read(folder.file("alone/run.h5"))
            #expect(history.histograms.steps == [5, 10, 15] && history.epochs.count == 1 && history.steps.count == 16)
            for ranks in [1, 2, 3, 4, 8] {
                let run = "ranks\(ranks)"
                let outcome = try Dtrain.run(Self.flags + ["--out", run], ranks: ranks, in: folder)
                #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
                #expect(outcome.digest == digest, "\(ranks) ranks")
                var found = try RunFile.read(folder.file("\(run)/run.h5"))
                #expect(found.launches.map(\.ranks) == [ranks])
                found.launches = history.launches
                found.timing = history.timing
                #expect(found == history, "\(ranks) ranks")
                try expectSame(["alone/run.h5", "\(run)/run.h5"], Self.excluded, in: folder)
                for step in [7, 14, 16] {
                    let checkpoint = "checkpoints/\(Checkpoint.fileName(step: step))"
                    #expect(try folder.read("alone/\(checkpoint)") == folder.read("\(run)/\(checkpoint)"))
                    try expectSame(["alone/\(checkpoint)", "\(run)/\(checkpoint)"], [], in: folder)
                }
            }
        }

        /// The comparison can fail: another seed gives other bits.
        @Test func anotherSeedIsNoticed() throws {
            let folder = try TemporaryFolder()
            let flags = FinishedRun.flags + ["--log-format", "json", "--histogram-every", "5"]
            let one = try Dtrain.run(flags + ["--out", "one"], in: folder)
            let two = try Dtrain.run(flags + ["--seed", "2", "--out", "two"], ranks: 2, in: folder)
            #expect(one.digest != nil && two.digest != nil && one.digest != two.digest)
            let difference = try RunningCommand(
                "h5diff", Self.excluded + ["one/run.h5", "two/run.h5"], in: folder.path
            )
            .finish()
            #expect(difference.status == 1 && difference.output.contains("differences found"), "\(difference)")
        }

        private func expectSame(_ files: [String], _ flags: [String], in folder: TemporaryFolder) throws {
            let outcome = try RunningCommand("h5diff", flags + files, in: folder.path).finish()
            #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "", "\(files): \(outcome)")
        }
    }
}
