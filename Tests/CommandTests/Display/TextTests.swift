import Testing

extension CommandTests {
    /// What dtrain tells a person.
    @Suite struct TextTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        @Test(arguments: [nil, 2])
        func helpVersionAndPlanChangeNothing(ranks: Int?) throws {
            let texts = [
                (["--help"], "Exit codes:"), (["debug", "--help"], "USAGE: dtrain debug"),
                (["train", "--help"], "USAGE: dtrain train"), (["help", "debug"], "USAGE: dtrain debug"),
                (["bench", "--help"], "USAGE: dtrain bench"), (["--version"], "0.1.0"), (["--dry-run"], "235,658"),
                (["--dry-run", "--out", "run"], "steps on"),
            ]
            for (arguments, part) in texts {
                let outcome = try Dtrain.run(arguments, ranks: ranks, in: folder)
                #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(arguments): \(outcome)")
                // Under a launcher, MPI's own libraries may speak too: hwloc does where /sys is not mounted.
                if ranks == nil { #expect(outcome.errors == "", "\(arguments): \(outcome)") }
                // One rank speaks.
                #expect(outcome.output.ranges(of: part).count == 1, "\(arguments): \(outcome)")
                #expect(try folder.contents().isEmpty, "\(arguments)")
            }
        }

        /// Plain lines on standard error, the summary on standard output; the plan is a configuration that gives the same run.
        @Test func aRunTellsWhereThingsAre() throws {
            let outcome = try Dtrain.run(Dtrain.smallNetwork + ["--epochs", "2"], in: folder)
            #expect(outcome.status == 0, "\(outcome)")
            let lines = outcome.errors.split(separator: "\n")
            #expect(lines.filter { $0.hasPrefix("epoch ") && $0.contains("test accuracy") }.count == 2, "\(outcome)")
            #expect(
                !outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\r"), "a bar where there is no terminal"
            )
            for part in ["test accuracy", "time ", "digest", "checkpoints/step-00000032.h5", "h5dump -n runs/"] {
                #expect(outcome.output.contains(part), "no '\(part)' in \(outcome)")
            }
            let runs = try folder.contents().keys.filter { $0.hasSuffix("/status") }
            #expect(runs.count == 1 && runs[0].hasPrefix("runs/"))

            let config = runs[0].replacing("/status", with: "/config.yaml")
            let again = try Dtrain.run(["--config", config, "--out", "again", "--quiet"], in: folder)
            #expect(again.status == 0 && again.errors == "", "\(again)")
            let digests = [outcome, again].map { $0.output.split(separator: "\n").first { $0.hasPrefix("digest") } }
            #expect(digests[0] != nil && digests[0] == digests[1])
        }
    }
}
