import Core
import Distributed
import Foundation
import Storage
import Testing
import Training

/// Runs that go on, with what they left changed: files lost, damaged, or never made; another configuration.
@Suite final class ResumeTests {
    /// 14 steps an epoch.
    private static let overrides: [ConfigurationOverride] = [
        .set("network=[{linear: 6}, batchnorm, {dropout: 0.3}, tanh, {linear: 10}]"), .key("epochs", "2"),
        .key("globalBatchSize", "301"), .key("checkpoints.every", "5"), .key("histograms.every", "7"),
        .set("checkpoints.keepLast=0"),
    ]
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    @discardableResult
    private func run(
        _ name: String, resume: RunRequest.Resume? = nil, ranks: Int = 1, _ more: [ConfigurationOverride] = []
    ) throws -> (summary: RunSummary, notes: [String]) {
        let request = RunRequest(overrides: Self.overrides + more, out: "\(folder)/\(name)", resume: resume)
        let (summary, notes) = try ThreadCommunicator.run(size: ranks) { communicator in
            let observer = Recording()
            try RunSession(request, communicator: communicator, observer: observer).run()
            return (observer.summary, observer.notes)
        }[0]
        return (try #require(summary), notes)
    }

    /// Leaves a run as a kill after `step` does.
    private func cutBack(_ name: String, to step: Int) throws {
        for entry in try RunFolder.open(path: "\(folder)/\(name)").checkpoints.entries() where entry.step > step {
            try FileManager.default.removeItem(atPath: entry.path)
        }
    }

    /// What is left of a run that was killed while it made its folder.
    @Test(arguments: [[], [".lock"], [".lock", "status"], ["checkpoints/", "status"]])
    func aRunKilledAtItsStartStartsAnew(left: [String]) throws {
        for name in ["/"] + left {
            let path = "\(folder)/a/\(name)"
            if name.hasSuffix("/") {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } else {
                try Data().write(to: URL(fileURLWithPath: path))
            }
        }
        let failure = #expect(throws: JobFailure.self) { try run("b", resume: .folder("\(folder)/a")) }
        #expect(failure?.code == .noInput)
        try run("b")
        try run("a", resume: .auto)
        let runs = try RunComparison("\(folder)/a", "\(folder)/b")
        #expect(runs.isEqual && runs.description.contains("checkpoints equal: steps 5, 10, 15, 20, 25, 28"), "\(runs)")
        #expect(try RunFolder.open(path: "\(folder)/a").config() == RunFolder.open(path: "\(folder)/b").config())
    }

    /// Without its configuration a run that has checkpoints is not one that never began.
    @Test func aRunWithCheckpointsDoesNotStartAnew() throws {
        try run("a")
        try FileManager.default.removeItem(atPath: "\(folder)/a/config.yaml")
        let failure = #expect(throws: JobFailure.self) { try run("a", resume: .auto) }
        #expect(
            failure?.code == .noInput && failure?.description.contains("config.yaml") ?? false,
            "\(failure?.description ?? "nothing")")
    }

    enum Loss: CaseIterable {
        case missing
        case truncated
        case behind
        case anotherNetworks
    }

    @Test(arguments: Loss.allCases)
    func aLostHistoryDoesNotEndARun(loss: Loss) throws {
        let whole = try run("a").summary
        let path = "\(folder)/a/run.h5"
        let before = try RunFile.read(path)
        let flaw: String
        switch loss {
        case .missing:
            flaw = "No such file"
            try FileManager.default.removeItem(atPath: path)
        case .truncated:
            flaw = "reading \(path): "
            try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(100).write(to: URL(fileURLWithPath: path))
        case .behind:
            flaw = "ends at step 9, before the checkpoint"
            var history = before
            history.truncate(afterStep: 9, completedEpochs: 0)
            try RunFile.write(history, to: path)
        case .anotherNetworks:
            flaw = "is another network's"
            var history = before
            history.histograms = HistogramTable(bins: history.histograms.bins, parameters: ["linear1/weight"])
            try RunFile.write(history, to: path)
        }
        let found = try? Data(contentsOf: URL(fileURLWithPath: path))
        try cutBack("a", to: 10)
        let resumed = try run("a", resume: .auto, ranks: 3)
        #expect(resumed.summary.digest == whole.digest)
        let note = try #require(resumed.notes.first { $0.contains("lost") }, "\(resumed.notes)")
        #expect(note.contains(flaw) && note.contains("steps 1 to 10 is lost, the result is not"), "\(note)")
        #expect(note.contains("kept as \(path).damaged") == (loss != .missing), "\(note)")
        #expect(found == (try? Data(contentsOf: URL(fileURLWithPath: path + ".damaged"))))
        // What follows is as it was, and a gap is what it is.
        let after = try RunFile.read(path)
        #expect(after.launches.map(\.firstStep) == [11])
        #expect(after.steps == Array(before.steps[10...]) && after.epochs == before.epochs)
        #expect(after.config == before.config && after.histograms.steps == [14, 21, 28])
        // The next resume takes it as it is.
        let longer = try run("a", resume: .auto, [.key("epochs", "3")])
        #expect(longer.notes.allSatisfy { !$0.contains("lost") }, "\(longer.notes)")
        #expect(try RunFile.read(path).launches.map(\.firstStep) == [11, 29])
        // Nor does `status` need it, where nothing is left to be done.
        let status = try RunFolder.open(path: "\(folder)/a").status()
        try FileManager.default.removeItem(atPath: path)
        try run("a", resume: .auto, [.key("epochs", "3")])
        #expect(try RunFolder.open(path: "\(folder)/a").status() == status)
    }

    /// Which checkpoint is the best is known from the checkpoints where the history does not say.
    @Test func theBestCheckpointOutlivesTheHistory() throws {
        let cadence: [ConfigurationOverride] = [.key("checkpoints.every", "7")]
        let fewKept = cadence + [.set("checkpoints.keepLast=1")]
        try run("a", cadence)
        // Better than any that follows; step 7, which ends no epoch, has no say.
        let checkpoints = "\(folder)/a/checkpoints"
        for (step, loss) in [(7, 1e-9), (14, 1e-6)] {
            var checkpoint = try Checkpoint.read("\(checkpoints)/\(Checkpoint.fileName(step: step))")
            let index = try #require(checkpoint.state.firstIndex { $0.name == "test_loss" })
            checkpoint.state[index].value = .doubles([loss])
            _ = try checkpoint.write(folder: checkpoints)
        }
        try cutBack("a", to: 14)
        try FileManager.default.removeItem(atPath: "\(folder)/a/run.h5")
        try run("a", resume: .auto, fewKept)
        #expect(try CheckpointFolder(path: checkpoints).entries().map(\.step) == [14, 28])
        // Nor does a later resume, whose history begins after it, forget it.
        try run("a", resume: .auto, fewKept + [.key("epochs", "3")])
        #expect(try CheckpointFolder(path: checkpoints).entries().map(\.step) == [14, 42])
    }

    @Test func aRunThatIsBeingWrittenIsRefused() throws {
        try run("a")
        let writer = try RunFolder(path: "\(folder)/a").locked()
        for resume in [RunRequest.Resume.auto, .folder("\(folder)/a")] {
            let failure = #expect(throws: JobFailure.self) { try run("a", resume: resume) }
            #expect(failure?.code == .cannotCreate)
            #expect(
                failure?.description.contains("another dtrain (process \(getpid()) on ") ?? false,
                "\(failure?.description ?? "nothing")")
        }
        #expect(try RunFile.read(writer.runFile).launches.count == 1)
        // Who only looks is not in the way.
        let request = RunRequest(overrides: Self.overrides, resume: .folder("\(folder)/a"), isDryRun: true)
        let session = try RunSession(request, communicator: SingleCommunicator(), observer: Recording())
        let plan = session.plan()
        // Rank 0's copy of the state and the histograms' memory are part of what a run takes.
        let files = plan.split(separator: "\n").first { $0.hasPrefix("files ") }?.split(separator: " ")
        #expect(files.map { $0.count == 4 && $0[1] != "0" } ?? false, "\(plan)")
        #expect(plan.hasSuffix("into \(folder)/a"), "\(plan)")
        withExtendedLifetime(writer) {}
    }

    /// Four epochs in two goes are four in one: all that is left of the two is in the checkpoints of before.
    @Test func moreEpochsMayFollow() throws {
        let four: [ConfigurationOverride] = [.key("epochs", "4")]
        try run("a")
        let longer = try run("a", resume: .auto, four).summary
        #expect(try run("b", four).summary.digest == longer.digest)
        let histories = try RunComparison("\(folder)/a/run.h5", "\(folder)/b/run.h5")
        #expect(histories.isEqual, "\(histories)")
        let runs = try RunComparison("\(folder)/a", "\(folder)/b")
        #expect(!runs.isEqual)
        for part in [
            "different: checkpoint of step 5: configuration: epochs: 2 against 4\n",
            "checkpoints equal: steps 30, 35, 40, 45, 50, 55, 56\n",
            "checkpoints equal but for the configuration: steps 5, 10, 15, 20, 25\n",
        ] { #expect(runs.description.contains(part), "no '\(part)' in \(runs)") }
    }

    /// Step 20 is in the second epoch, step 28 its end.
    @Test(arguments: [(step: 28, done: "has done 2 "), (step: 20, done: "has done 1 and a part ")])
    func fewerEpochsThanAreDoneAreRefused(step: Int, done: String) throws {
        try run("a")
        try cutBack("a", to: step)
        let failure = #expect(throws: JobFailure.self) { try run("a", resume: .auto, [.key("epochs", "1")]) }
        #expect(failure?.code == .usage)
        #expect(failure?.description.hasPrefix("epochs: ") ?? false, "\(failure?.description ?? "nothing")")
        #expect(failure?.description.contains(done) ?? false, "\(failure?.description ?? "nothing")")
    }

    /// An epoch that is under way may be the last.
    @Test func fewerEpochsMayFollow() throws {
        let one: [ConfigurationOverride] = [.key("epochs", "1")]
        try run("a")
        try cutBack("a", to: 10)
        let shorter = try run("a", resume: .auto, one).summary
        #expect(try run("b", one).summary.digest == shorter.digest)
        let histories = try RunComparison("\(folder)/a/run.h5", "\(folder)/b/run.h5")
        #expect(histories.isEqual, "\(histories)")
    }

    @Test func otherBinsAreRefused() throws {
        try run("a")
        let failure = #expect(throws: JobFailure.self) {
            try run("a", resume: .auto, [.set("histograms.subdivisions=2")])
        }
        #expect(failure?.code == .usage)
        #expect(
            failure?.description.hasPrefix("histograms.subdivisions: ") ?? false, "\(failure?.description ?? "nothing")"
        )
        #expect(try RunFolder.open(path: "\(folder)/a").status() == RunStatus(.done, step: 28))
    }
}
