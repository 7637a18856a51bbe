import Distributed
import Foundation
import Storage
import Testing
import Training

/// What runs do about steps that are no numbers: six steps an epoch, 16 samples each, in the order of the file.
@Suite struct NonFiniteRunTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)").path
    }

    /// A run's end.
    private struct End: Sendable {
        var digest: String?
        var failure: JobFailure?
        var notes: [String] = []
    }

    /// A network that takes all but huge samples.
    private static let network = "network=[{linear: 6}, batchnorm, {dropout: 0.2}, tanh, {linear: 3}]"

    private func overrides(_ data: String, _ more: [String]) -> [ConfigurationOverride] {
        [
            .set(Self.network), .key("data", "\(folder)/\(data)"), .set("shuffle=false"),
            .key("globalBatchSize", "16"), .key("epochs", "3"), .key("checkpoints.every", "2"),
            .key("histograms.every", "5"), .set("checkpoints.keepLast=0"),
        ] + more.map { .set($0) }
    }

    private func run(
        _ name: String, data: String = "data", _ more: [String], ranks: Int = 1, resumes: Bool = false,
        observe: @escaping (Event) -> Void = { _ in }
    ) throws -> End {
        let request = RunRequest(
            overrides: overrides(data, more), out: "\(folder)/\(name)", resume: resumes ? .auto : nil)
        nonisolated(unsafe) let observe = observe
        let ends = try ThreadCommunicator.run(size: ranks) { communicator in
            let observer = Watching(communicator.rank == 0 ? observe : { _ in })
            do {
                try RunSession(request, communicator: communicator, observer: observer).run()
            } catch let failure as JobFailure {
                return End(failure: failure, notes: observer.notes)
            }
            return End(digest: observer.digest, notes: observer.notes)
        }
        // A failure is everybody's.
        #expect(ends.allSatisfy { ($0.failure == nil) == (ends[0].failure == nil) })
        return ends[0]
    }

    private func history(_ name: String) throws -> RunHistory { try RunFile.read("\(folder)/\(name)/run.h5") }

    private func status(_ name: String) throws -> RunStatus { try RunFolder.open(path: "\(folder)/\(name)").status() }

    private func steps(_ name: String) throws -> [Int] {
        try RunFolder.open(path: "\(folder)/\(name)").checkpoints.entries().map(\.step)
    }

    private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: "\(folder)/\(path)") }

    private func copy(_ name: String, as copy: String) throws {
        try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(folder)/\(copy)")
    }

    private func withData(huge: Set<Int>, _ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FloatData.write(to: "\(folder)/data", huge: huge)
        try body()
    }

    /// Rows as text: NaN is not equal to itself.
    private func text(_ rows: [RunHistory.Step]) -> [String] { rows.map { "\($0)" } }

    @Test func stopNamesTheSampleAndKeepsTheCheckpoints() throws {
        try withData(huge: [70]) {
            for ranks in [1, 2, 3, 5] {
                let name = "stop\(ranks)"
                let end = try run(name, [], ranks: ranks)
                #expect(end.failure?.code == .failed && end.failure?.rank == 0)
                let what = "step 5: the loss is nan; linear1, forward: output[1] is"
                #expect(end.failure?.description.hasPrefix(what) ?? false, "\(end)")
                #expect(end.failure?.description.contains(", sample 70") ?? false, "\(end)")
                #expect(end.failure?.description.contains("the checkpoint of step 4 is kept") ?? false, "\(end)")
                // Row 6 of 16 over 8 shards of two.
                let owner = [2: 0, 3: 1, 5: 1][ranks]
                #expect(end.failure?.description.contains("(rank \(owner ?? 0) on ") ?? false == (ranks > 1), "\(end)")
                let status = try status(name)
                #expect(status.state == .failed && status.step == 4)
                #expect(status.reason == (try self.status("stop1").reason))
                #expect(status.reason.hasPrefix(what) && !status.reason.contains("rank"))
                #expect(try history(name).steps.map(\.step) == [1, 2, 3, 4])
                #expect(try steps(name) == [2, 4])
                #expect(bytes("\(name)/checkpoints/latest") == bytes("stop1/checkpoints/step-00000004.h5"))
            }
        }
    }

    @Test func skippedStepsAreCountedLoggedAndLeftOut() throws {
        try withData(huge: [70]) {
            let one = try run("one", ["nonFinite=skip"])
            #expect(one.failure == nil && one.notes.count { $0.hasPrefix("skipped step ") } == 3)
            let history = try history("one")
            #expect(history.steps.filter { $0.status == .skippedNonfinite }.map(\.step) == [5, 11, 17])
            #expect(history.steps.map(\.step) == Array(1...18))
            #expect(history.events.map(\.step) == [5, 11, 17] && history.events.allSatisfy { $0.kind == "skip" })
            #expect(history.events[0].detail.hasPrefix("the loss is nan; linear1, forward: output[1] is "))
            #expect(history.events[0].detail.hasSuffix(", sample 70"))
            for epoch in history.epochs {
                let rows = history.steps[((epoch.epoch - 1) * 6)..<(epoch.epoch * 6)].filter { $0.status == .ok }
                #expect(rows.count == 5)
                var sum = 0.0
                for row in rows { sum += row.loss * Double(row.samples) }
                #expect(epoch.trainLoss == sum / 80)
            }
            let last = try Checkpoint.read("\(folder)/one/checkpoints/step-00000018.h5")
            #expect(last.state("updates") == .integers([15]))
            for ranks in [2, 3, 5] {
                let end = try run("ranks\(ranks)", ["nonFinite=skip"], ranks: ranks)
                #expect(end.digest == one.digest && end.digest != nil)
                let found = try self.history("ranks\(ranks)")
                #expect(text(found.steps) == text(history.steps))
                #expect(found.events == history.events && found.epochs == history.epochs)
                #expect(found.histograms == history.histograms)
            }
        }
    }

    /// Steps 2 and 3 are bad. The count goes on where a run is killed in between.
    @Test func asManySkippedStepsInARowAsTheLimitEndTheRun() throws {
        try withData(huge: [17, 40]) {
            #expect(try run("three", ["nonFinite={skip: 3}"]).failure == nil)
            let end = try run("two", ["nonFinite={skip: 2}"], ranks: 2)
            #expect(end.failure?.code == .failed)
            #expect(end.failure?.description.contains("; 2 such steps in a row; the checkpoint of step 2") ?? false)
            #expect(try history("two").steps.map(\.status) == [.ok, .skippedNonfinite])
            #expect(try steps("two") == [2])
            let again = try run("two", ["nonFinite={skip: 2}"], ranks: 3, resumes: true)
            #expect(again.failure?.description.contains("step 3: ") ?? false, "\(again)")
            #expect(try history("two").events.map(\.step) == [2])
        }
    }

    /// A rate at which a linear network diverges until its loss overflows.
    private static let diverging = [
        "network=[{linear: 3}]", "loss=meanSquaredError", "optimizer={sgd: {learningRate: 200}}", "epochs=9",
        "nonFinite={rollback: {factor: 0.001, maximum: 5}}",
    ]

    @Test func rollbackGoesOnFromTheLastCheckpointAtASmallerRate() throws {
        try withData(huge: []) {
            let one = try run("one", Self.diverging)
            #expect(one.failure == nil, "\(one)")
            let history = try history("one")
            let back = try #require(history.events.first)
            #expect(back.kind == "rollback" && back.step > 0 && back.step % 2 == 0)
            #expect(
                back.detail.contains("loss is") && back.detail.hasSuffix("; learning rate times 0.001 from here on"))
            #expect(history.steps.map(\.step) == Array(1...54))
            #expect(history.steps.allSatisfy { $0.learningRate == ($0.step <= back.step ? 200 : 200 * 0.001) })
            #expect(one.notes.count { $0.hasPrefix("back to step \(back.step) since step ") } == 1)
            let last = try Checkpoint.read("\(folder)/one/checkpoints/step-00000054.h5")
            #expect(last.state("rollbacks") == .integers([1]))
            #expect(last.state("learning_rate_scale") == .doubles([0.001]))
            for ranks in [2, 3, 5] {
                let end = try run("ranks\(ranks)", Self.diverging, ranks: ranks)
                #expect(end.digest == one.digest && end.digest != nil)
                #expect(try self.history("ranks\(ranks)").events == history.events)
                #expect(try self.history("ranks\(ranks)").steps == history.steps)
            }
        }
    }

    /// Killed before the run has gone back, between its history and its checkpoint, and after both.
    @Test func aRunKilledAroundARollbackEndsWithTheSameBits() throws {
        try withData(huge: []) {
            var isBack = false
            let whole = try run("whole", Self.diverging, ranks: 2) { event in
                switch event {
                case .note(let note) where note.hasPrefix("back to step "):
                    try? copy("whole", as: "before")
                    isBack = true
                case .step where isBack:
                    try? copy("whole", as: "after")
                    isBack = false
                default: break
                }
            }
            let history = try history("whole")
            let step = history.events[0].step
            let checkpoint = "checkpoints/\(Checkpoint.fileName(step: step))"
            #expect(bytes("before/\(checkpoint)") != bytes("after/\(checkpoint)"))
            // The history knows of the rollback, the checkpoint does not.
            try copy("after", as: "between")
            try FileManager.default.removeItem(atPath: "\(folder)/between/\(checkpoint)")
            try copy("before/\(checkpoint)", as: "between/\(checkpoint)")
            #expect(try self.history("between").events == history.events)
            for (name, ranks) in [("before", 3), ("between", 1), ("after", 5)] {
                let end = try run(name, Self.diverging, ranks: ranks, resumes: true)
                #expect(end.digest == whole.digest && end.digest != nil, "\(name): \(end)")
                let found = try self.history(name)
                #expect(found.events == history.events, "\(name)")
                #expect(found.steps == history.steps && found.epochs == history.epochs, "\(name)")
            }
        }
    }

    /// A stop writes a checkpoint that the run would not have: it is gone on from, and not gone back to.
    @Test func aStopBetweenCheckpointsMovesNoRollback() throws {
        try withData(huge: []) {
            let diverging = Self.diverging + ["checkpoints.every=5"]
            let whole = try run("whole", diverging)
            let history = try history("whole")
            let step = history.events[0].step
            // The states of all steps, and the history to the end.
            _ = try run("every", Self.diverging + ["checkpoints.every=1"])
            let last = try self.history("every").events[0].step
            try #require(last > step + 1, "it diverged after step \(last), before it could be stopped")
            try copy("whole", as: "stopped")
            for stale in ["run.h5", "checkpoints"] {
                try FileManager.default.removeItem(atPath: "\(folder)/stopped/\(stale)")
            }
            try copy("every/run.h5", as: "stopped/run.h5")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/stopped/checkpoints", withIntermediateDirectories: false)
            for step in [step, step + 1] {
                var checkpoint = try Checkpoint.read("\(folder)/every/checkpoints/\(Checkpoint.fileName(step: step))")
                checkpoint.config = history.config
                try checkpoint.write(folder: "\(folder)/stopped/checkpoints")
            }
            let end = try run("stopped", diverging, ranks: 3, resumes: true)
            #expect(end.digest == whole.digest && end.digest != nil, "\(end)")
            let found = try self.history("stopped")
            #expect(found.events == history.events && found.steps == history.steps && found.epochs == history.epochs)
            #expect(try steps("stopped") == steps("whole").filter { $0 >= step })
        }
    }

    /// Where a run goes back to depends on it, so it is part of the result, and of no other run's.
    @Test func onlyARollbackNeedsItsCheckpointsWhereTheyAre() throws {
        func result(_ policy: String, every: Int) throws -> String {
            try Configuration(overrides: [.set("nonFinite=\(policy)"), .set("checkpoints.every=\(every)")]).resultYAML
        }
        #expect(try result("rollback", every: 6) != result("rollback", every: 7))
        #expect(try result("skip", every: 6) == result("skip", every: 7))
        try withData(huge: []) {
            _ = try run("one", Self.diverging + ["checkpoints.every=27"])
            try FileManager.default.removeItem(atPath: "\(folder)/one/checkpoints/step-00000054.h5")
            let error = #expect(throws: JobFailure.self) {
                try RunSession(
                    RunRequest(overrides: [.set("checkpoints.every=26")], resume: .folder("\(folder)/one")),
                    communicator: SingleCommunicator(), observer: Watching { _ in })
            }
            #expect(error?.code == .usage && error?.description.contains("checkpoints: ") ?? false, "\(error!)")
        }
    }

    /// Before there is a checkpoint a run goes back to its start: it is then the run that began at the smaller rate.
    @Test(arguments: [1, 3])
    func withoutACheckpointARunStartsAnew(ranks: Int) throws {
        try withData(huge: []) {
            func parameters(_ name: String) throws -> String {
                try Checkpoint.read("\(folder)/\(name)/checkpoints/step-00000054.h5").parametersDigest
            }
            let rare = ["checkpoints.every=54", "optimizer={momentum: {learningRate: 200}}"]
            let end = try run("one", Self.diverging + rare, ranks: ranks)
            #expect(end.failure == nil, "\(end)")
            #expect(try history("one").events.map(\.step) == [0])
            #expect(try steps("one") == [0, 54])
            _ = try run(
                "small", Self.diverging + ["checkpoints.every=54", "optimizer={momentum: {learningRate: 0.2}}"])
            #expect(try parameters("one") == parameters("small"))
        }
    }

    @Test func asManyRollbacksAsTheLimitEndTheRun() throws {
        try withData(huge: [70]) {
            let end = try run("one", ["nonFinite={rollback: {maximum: 2}}"], ranks: 2)
            #expect(end.failure?.code == .failed)
            let text = "; the run went back 2 times already; the checkpoint of step 4 is kept"
            #expect(end.failure?.description.contains(text) ?? false, "\(end)")
            #expect(end.failure?.description.contains("now 0.0125)") ?? false, "\(end)")
            let history = try history("one")
            #expect(history.events.map(\.kind) == ["rollback", "rollback"] && history.events.map(\.step) == [4, 4])
            #expect(try status("one").state == .failed)
            // The count is in the checkpoint.
            let again = try run("one", ["nonFinite={rollback: {maximum: 2}}"], resumes: true)
            #expect(again.failure?.description.contains(text) ?? false, "\(again)")
            #expect(try self.history("one").events == history.events)
        }
    }

    /// An update that overflows leaves numbers in loss and gradient; it must not become the last good checkpoint.
    @Test(arguments: ["stop", "skip", "{rollback: {factor: 1e-40}}"])
    func aStateThatIsNoNumberIsNoCheckpoint(policy: String) throws {
        try withData(huge: []) {
            let more = ["optimizer={sgd: {learningRate: 1e39}}", "nonFinite=\(policy)", "checkpoints.every=1"]
            let end = try run("one", more, ranks: 2)
            if policy.hasPrefix("{") {
                #expect(end.failure == nil && end.digest != nil, "\(end)")
                #expect(try history("one").events.map(\.step) == [0])
            } else {
                #expect(end.failure?.code == .failed)
                let text = end.failure?.description ?? ""
                #expect(text.hasPrefix("no checkpoint of step 1 can be written: linear1, after the step: weight["))
                #expect(text.contains("no checkpoint was written yet"), "\(text)")
                #expect(try steps("one") == [])
            }
        }
    }

    /// A checkpoint of a run that could do neither has no counts.
    @Test func olderCheckpointsResume() throws {
        try withData(huge: []) {
            let whole = try run("one", [])
            var checkpoint = try Checkpoint.read("\(folder)/one/checkpoints/step-00000018.h5")
            for step in try steps("one") where step > 4 {
                try FileManager.default.removeItem(
                    atPath: "\(folder)/one/checkpoints/\(Checkpoint.fileName(step: step))")
            }
            checkpoint = try Checkpoint.read("\(folder)/one/checkpoints/step-00000004.h5")
            checkpoint.state.removeAll { ["learning_rate_scale", "rollbacks", "skipped_in_a_row"].contains($0.name) }
            checkpoint.config = checkpoint.config.replacing("nonFinite: stop\n", with: "")
            try checkpoint.write(folder: "\(folder)/one/checkpoints")
            #expect(try run("one", [], resumes: true).digest == whole.digest)
        }
    }
}

/// What a run tells its observer.
private enum Event {
    case note(String)
    case step
}

private final class Watching: RunObserver {
    private(set) var notes: [String] = []
    private(set) var digest: String?
    private let observe: (Event) -> Void

    init(_ observe: @escaping (Event) -> Void) {
        self.observe = observe
    }

    func didStart(_ start: RunStart) {}
    func didStep(_ result: StepResult, samplesPerSecond: Double) { observe(.step) }
    func didFinishEpoch(_ epoch: EpochResult) {}
    func note(_ message: String) {
        notes.append(message)
        observe(.note(message))
    }
    func didEnd(_ summary: RunSummary) { digest = summary.digest }
}
