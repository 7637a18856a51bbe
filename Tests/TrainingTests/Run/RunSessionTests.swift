import Distributed
import Foundation
import Storage
import Testing
import Training

/// Whole runs on the bundled digits, with a network small enough to be quick.
@Suite struct RunSessionTests {
    private static let network = "network=[{linear: 6}, batchnorm, {dropout: 0.3}, tanh, {linear: 10}]"
    private static let overrides: [ConfigurationOverride] = [
        .set(network), .key("epochs", "2"), .key("globalBatchSize", "301"), .key("checkpoints.every", "5"),
        .key("histograms.every", "7"), .set("checkpoints.keepLast=0"),
    ]

    /// A folder that is removed at the end.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try body(folder)
    }

    private func run(
        _ out: String, resume: RunRequest.Resume? = nil, ranks: Int = 1, overrides: [ConfigurationOverride] = overrides
    ) throws -> RunSummary? {
        let request = RunRequest(overrides: overrides, out: out, resume: resume)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let observer = Recording()
            try RunSession(request, communicator: communicator, observer: observer).run()
            return observer.summary
        }[0]
    }

    @Test func aRunLeavesItsFiles() throws {
        try withFolder { folder in
            let summary = try #require(try run("\(folder)/a"))
            let run = try RunFolder.open(path: "\(folder)/a")
            #expect(try run.status() == RunStatus(.done, step: 28))
            let history = try RunFile.read(run.runFile)
            #expect(history.steps.map(\.step) == Array(1...28))
            #expect(history.epochs.map(\.epoch) == [1, 2])
            #expect(history.histograms.steps == [7, 14, 21, 28])
            #expect(history.epochs.last!.testAccuracy == summary.test.accuracy)
            #expect(try run.checkpoints.entries().map(\.step) == [5, 10, 15, 20, 25, 28])
            let last = try Checkpoint.read(summary.checkpoint!)
            #expect(last.digest == summary.digest)
            #expect(last.step == 28 && last.epoch == 2 && last.position == 0)
            // The configuration that is written reads back to the same run.
            #expect(try Configuration(yaml: run.config()).resultYAML == history.config)
        }
    }

    /// Every histogram counts every element once.
    @Test func histogramsCountEveryElement() throws {
        try withFolder { folder in
            _ = try run("\(folder)/a", ranks: 3)
            let history = try RunFile.read("\(folder)/a/run.h5")
            let counts = ["linear1/weight": 784 * 6, "linear1/bias": 6, "batchnorm1/gamma": 6, "linear2/weight": 60]
            for (name, count) in counts {
                let parameter = try #require(history.histograms.parameters.firstIndex(of: name))
                for kind in HistogramTable.Kind.allCases {
                    for row in 0..<history.histograms.count {
                        let histogram = history.histograms.histogram(row: row, kind, parameter: parameter)
                        #expect(histogram.total == UInt64(count))
                    }
                }
            }
        }
    }

    @Test(arguments: [(from: 10, ranks: 3), (from: 15, ranks: 2), (from: 25, ranks: 5)])
    func aResumedRunEndsWithTheSameBits(from step: Int, ranks: Int) throws {
        let overrides =
            Self.overrides + [
                .set("optimizer={adamw: {learningRate: 0.003}}"), .set("schedule={cosine: {warmUpSteps: 6}}"),
                .set("gradientClipping={norm: 0.5}"),
            ]
        try withFolder { folder in
            let whole = try #require(try run("\(folder)/a", overrides: overrides))
            // The run as a kill between two checkpoints leaves it.
            for entry in try RunFolder.open(path: "\(folder)/a").checkpoints.entries() where entry.step > step {
                try FileManager.default.removeItem(atPath: entry.path)
            }
            let before = try RunFile.read("\(folder)/a/run.h5")
            let resumed = try #require(try run("\(folder)/a", resume: .auto, ranks: ranks, overrides: overrides))
            #expect(resumed.digest == whole.digest)
            #expect(resumed.test == whole.test)
            var after = try RunFile.read("\(folder)/a/run.h5")
            #expect(after.launches.map(\.firstStep) == [1, step + 1])
            #expect(after.launches.map(\.ranks) == [1, ranks])
            after.launches = before.launches
            after.timing = before.timing
            #expect(after == before)
        }
    }

    /// Ranks that never have a row are counted, with what would give them work.
    @Test(arguments: [
        (ranks: 3, passes: 2, shards: 8, rows: 250, parts: []),
        (
            ranks: 10, passes: 1, shards: 8, rows: 250,
            parts: ["2 of 10 ranks idle", "has 8 shards;", "shards to at least 10 "]
        ),
        (
            ranks: 3, passes: 4, shards: 8, rows: 250,
            parts: ["1 of 3 ranks idle", "2 at a time (accumulationSteps 4)", "at least 12 "]
        ),
        (ranks: 7, passes: 1, shards: 1000, rows: 900, parts: []),
        (
            ranks: 7, passes: 1, shards: 1000, rows: 700,
            parts: ["2 of 7 ranks idle", "has 700 samples;", "globalBatchSize to at least 1000 "]
        ),
    ])
    func idleRanksAreNamed(ranks: Int, passes: Int, shards: Int, rows: Int, parts: [String]) throws {
        try withFolder { folder in
            let request = RunRequest(
                overrides: Self.overrides + [
                    .key("epochs", "1"), .key("accumulationSteps", "\(passes)"), .key("globalBatchSize", "\(rows)"),
                    .key("shards", "\(shards)"),
                ],
                out: "\(folder)/a", resume: nil)
            let notes = try ThreadCommunicator.run(size: ranks) { communicator in
                let observer = Recording()
                try RunSession(request, communicator: communicator, observer: observer).run()
                return observer.notes
            }[0]
            let warnings = notes.filter { $0.contains("idle") }
            #expect(warnings.count == (parts.isEmpty ? 0 : 1), "\(notes)")
            for part in parts { #expect(warnings.first?.contains(part) ?? false, "no '\(part)' in \(notes)") }
        }
    }

    @Test func aFolderWithARunIsRefusedAndUntouched() throws {
        try withFolder { folder in
            _ = try run("\(folder)/a")
            let before = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a/run.h5"))
            let failure = #expect(throws: JobFailure.self) { try run("\(folder)/a") }
            #expect(failure?.code == .cannotCreate)
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a/run.h5")) == before)
        }
    }

    /// The checkpoints' folder goes away in mid-run, after step 14: the run ends before the next checkpoint but one, says so in
    /// `status`, and what was written stays.
    @Test func aRunThatCannotWriteSaysSoInItsStatus() throws {
        try withFolder { folder in
            let path = "\(folder)/a"
            let observer = Recording {
                // Files are written while training goes on, the status last.
                while (try? RunFolder.open(path: path).status())?.step != 10 { usleep(1000) }
                try? FileManager.default.moveItem(atPath: "\(path)/checkpoints", toPath: "\(path)/elsewhere")
            }
            let session = try RunSession(
                RunRequest(overrides: Self.overrides, out: path), communicator: SingleCommunicator(), observer: observer
            )
            let failure = #expect(throws: JobFailure.self) { try session.run() }
            #expect(failure?.code == .cannotCreate)
            let status = try RunFolder.open(path: path).status()
            #expect(status.state == .failed && status.reason == failure?.description && (15...20).contains(status.step))
            #expect(try CheckpointFolder(path: "\(path)/elsewhere").entries().map(\.step) == [5, 10])
            #expect(try RunFile.read("\(path)/run.h5").steps.count == 15)
        }
    }

    @Test func resumingWithAnotherConfigurationNamesTheKey() throws {
        try withFolder { folder in
            _ = try run("\(folder)/a")
            let failure = #expect(throws: JobFailure.self) {
                try run("\(folder)/a", resume: .auto, overrides: Self.overrides + [.key("seed", "2")])
            }
            #expect(failure?.code == .usage)
            #expect(failure?.description.hasPrefix("seed: ") ?? false)
        }
    }

    /// Traced at the start, then not, then again: rows where it was; the hashes do not depend on ranks or resumes.
    @Test func aTraceHasTheStepsThatWereTraced() throws {
        try withFolder { folder in
            let traced = Self.overrides + [.key("trace", "true")]
            _ = try run("\(folder)/a", ranks: 3, overrides: traced)
            let whole = try #require(try RunFile.read("\(folder)/a/run.h5").trace)
            #expect(whole.steps == Array(1...28) && whole.tensors.contains("forward output of batchnorm1"))
            #expect(try RunFile.read("\(folder)/a/run.h5").config.contains("trace") == false)
            func cutBack(to step: Int) throws {
                for entry in try RunFolder.open(path: "\(folder)/a").checkpoints.entries() where entry.step > step {
                    try FileManager.default.removeItem(atPath: entry.path)
                }
            }
            try cutBack(to: 10)
            _ = try run("\(folder)/a", resume: .auto, overrides: Self.overrides + [.key("trace", "false")])
            #expect(try RunFile.read("\(folder)/a/run.h5").trace?.steps == Array(1...10))
            try cutBack(to: 20)
            _ = try run("\(folder)/a", resume: .auto, ranks: 2, overrides: traced)
            let parts = try #require(try RunFile.read("\(folder)/a/run.h5").trace)
            #expect(parts.steps == Array(1...10) + Array(21...28))
            let width = whole.tensors.count
            #expect(parts.hashes == Array(whole.hashes[..<(10 * width)]) + whole.hashes[(20 * width)...])
        }
    }

    /// A bit of the second layer's weight flips after step 4 on every rank: step 5 parts at that layer's output.
    @Test func aDivergingOperationIsNamed() throws {
        try withFolder { folder in
            _ = try run("\(folder)/a", overrides: Self.overrides + [.key("trace", "true")])
            try ThreadCommunicator.run(size: 3) { communicator in
                let observer = Recording()
                let session = try RunSession(
                    RunRequest(overrides: Self.overrides + [.key("trace", "true")], out: "\(folder)/b"),
                    communicator: communicator, observer: observer)
                observer.atStep = { result in
                    guard result.step == 3 else { return }
                    let arena = session.trainer.network.arena
                    let weight = arena.parameters.first { $0.name == "linear2/weight" }!
                    let element = arena.values + weight.offset
                    element.pointee = Float(bitPattern: element.pointee.bitPattern ^ 1)
                }
                try session.run()
            }
            let comparison = try RunComparison("\(folder)/a", "\(folder)/b")
            #expect(!comparison.isEqual)
            #expect(
                comparison.description.hasPrefix("different: step 5: forward output of linear2\n"),
                "\(comparison.description)")
        }
    }

    @Test func aCheckpointOfAnotherNetworkIsRefused() throws {
        try withFolder { folder in
            _ = try run("\(folder)/a")
            let path = "\(folder)/a/checkpoints/step-00000028.h5"
            var checkpoint = try Checkpoint.read(path)
            let index = checkpoint.parameters.firstIndex { $0.name == "linear2/bias" }!
            checkpoint.parameters[index] = .init(name: "linear2/bias", shape: [3], values: [1, 2, 3])
            _ = try checkpoint.write(folder: "\(folder)/a/checkpoints")
            let failure = #expect(throws: JobFailure.self) { try run("\(folder)/a", resume: .auto) }
            #expect(failure?.code == .badData)
            #expect(failure?.description.contains("linear2/bias has shape [3]") ?? false)
        }
    }
}
