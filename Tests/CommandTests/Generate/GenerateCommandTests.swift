import Testing

extension CommandTests {
    /// `dtrain generate`.
    @Suite struct GenerateCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            try Book.copyRun(into: folder)
        }

        private func generate(_ flags: String..., from path: String = "run", ranks: Int? = nil) throws -> String {
            let outcome = try Dtrain.run(["generate", path] + flags, ranks: ranks, in: folder)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            return outcome.output
        }

        /// The network has read one sentence, over and over.
        @Test func theSentenceGoesOn() throws {
            let before = try folder.contents()
            let text = try generate("--prompt", "all work and ", "--length", "31", "--temperature", "0")
            #expect(text == "all work and no play. all work and no play. ")
            // Shorter than a window of 16, to begin with.
            #expect(try generate("--prompt", "wo", "--length", "8", "--temperature", "0") == "work and n")
            #expect(try folder.contents() == before)
        }

        /// From a run or a checkpoint, on any number of ranks, at once or in two goes.
        @Test func theSameTextEverywhere() throws {
            func text(_ length: String, _ prompt: String, from path: String = "run", ranks: Int? = nil) throws -> String
            {
                try generate(
                    "--prompt", prompt, "--length", length, "--temperature", "1.5", "--top-k", "20", "--seed", "7",
                    from: path, ranks: ranks)
            }
            let whole = try text("60", "no")
            #expect(whole.hasPrefix("no") && whole.utf8.count == 62, "\(whole)")
            #expect(try text("60", "no", ranks: 3) == whole)
            #expect(try text("60", "no", from: "run/checkpoints/latest") == whole)
            #expect(try text("35", text("25", "no")) == whole)
            let other = try generate("--prompt", "no", "--length", "60", "--temperature", "1.5", "--seed", "8")
            #expect(other != whole)
        }

        /// Whatever a byte is, it comes out as it is: a letter of two bytes, too.
        @Test func promptsAreBytes() throws {
            let text = try generate("--prompt", "größer als 1 µs", "--length", "1", "--top-k", "1")
            #expect(text.hasPrefix("größer als 1 µs") && text.utf8.count == 19)
        }
    }
}
