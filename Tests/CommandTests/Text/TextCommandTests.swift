import Testing

extension CommandTests {
    /// Training on a text, by the program.
    @Suite struct TextCommandTests {
        @Test func allRankCountsGiveTheSameDigest() throws {
            let folder = try TemporaryFolder()
            try Book.write(into: folder)
            let flags = Book.flags + ["--log-format", "json"]
            let alone = try Dtrain.run(flags + ["--out", "alone"], in: folder)
            let digest = try #require(alone.digest, "\(alone)")
            for ranks in [2, 3, 5] {
                let outcome = try Dtrain.run(flags + ["--out", "ranks\(ranks)"], ranks: ranks, in: folder)
                #expect(outcome.digest == digest, "\(ranks) ranks: \(outcome)")
            }
            let other = try Dtrain.run(flags + ["--set", "data.text.stride=14", "--out", "other"], in: folder)
            #expect(other.digest != nil && other.digest != digest)
        }

        /// Accuracies are of places: 15 windows of 16.
        @Test func theSummaryCountsPlaces() throws {
            let folder = try TemporaryFolder()
            try Book.write(into: folder)
            let outcome = try Dtrain.run(Book.flags + ["--out", "run"], in: folder)
            #expect(outcome.status == 0 && outcome.output.contains(" of 240), loss "), "\(outcome)")
            #expect(outcome.errors.contains("143 training and 15 test samples"), "\(outcome)")
            // It goes on from its own config.yaml.
            let longer = try Dtrain.run(["--resume", "run", "--epochs", "41"], ranks: 2, in: folder)
            #expect(longer.status == 0 && longer.errors.contains("going on at step 200 of 205"), "\(longer)")
        }

        /// Every mechanism of the debug mode takes whole numbers and a class at each place.
        @Test func allChecksPass() throws {
            let folder = try TemporaryFolder()
            try Book.write(into: folder)
            let small = Book.flags + ["--set", "data.text.length=3", "--set", "network.0.embedding.width=4"]
            let outcome = try Dtrain.run(["debug"] + small + ["--steps", "2", "--ranks", "3"], in: folder)
            #expect(outcome.status == 0 && outcome.output.contains("Every check passed."), "\(outcome)")
        }
    }
}
