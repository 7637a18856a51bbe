import Distributed
import Foundation
import Storage
import Testing
import Training

/// Whole runs on a text, and what may differ where one goes on.
@Suite final class TextRunTests {
    /// 5 steps an epoch.
    private static let overrides: [ConfigurationOverride] = [
        .set("network=[{embedding: {classes: 256, width: 6}}, {linear: 9}, tanh, {linear: 256}]"),
        .set("data.text.length=12"), .set("data.text.stride=5"), .set("data.text.validation=0.25"),
        .key("epochs", "2"), .key("globalBatchSize", "32"), .key("checkpoints.every", "3"),
        .set("checkpoints.keepLast=0"),
    ]
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write(SmallText.bytes, "book")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    @discardableResult
    private func run(
        _ name: String, text: String = "book", resume: RunRequest.Resume? = nil, ranks: Int = 1,
        _ more: [ConfigurationOverride] = []
    ) throws -> RunSummary {
        let request = RunRequest(
            overrides: Self.overrides + [.key("data.text.path", "\(folder)/\(text)")] + more,
            out: "\(folder)/\(name)", resume: resume)
        let summary = try ThreadCommunicator.run(size: ranks) { communicator in
            let observer = Recording()
            try RunSession(request, communicator: communicator, observer: observer).run()
            return observer.summary
        }[0]
        return try #require(summary)
    }

    /// Leaves a run as a kill after `step` does.
    private func cutBack(_ name: String, to step: Int) throws {
        for entry in try RunFolder.open(path: "\(folder)/\(name)").checkpoints.entries() where entry.step > step {
            try FileManager.default.removeItem(atPath: entry.path)
        }
    }

    @Test func accuraciesAreOverPlaces() throws {
        let summary = try run("a")
        #expect(summary.test.samples == 43 && summary.test.places == 43 * 12 && summary.hasClasses)
        let history = try RunFile.read("\(folder)/a/run.h5")
        #expect(history.steps.map(\.samples) == [32, 32, 32, 32, 5, 32, 32, 32, 32, 5])
        #expect(history.epochs.map(\.testAccuracy).last == Double(summary.test.correct) / (43 * 12))
        for epoch in history.epochs {
            #expect((epoch.trainAccuracy * 133 * 12).rounded() / (133 * 12) == epoch.trainAccuracy)
            #expect(epoch.trainAccuracy > 0 && epoch.trainAccuracy < 1)
        }
    }

    /// In mid-epoch and at its end, on other ranks, from another place: the same bits, accuracies too.
    @Test(arguments: [(step: 3, ranks: 3), (step: 9, ranks: 2), (step: 10, ranks: 1)])
    func aResumedRunEndsWithTheSameBits(step: Int, ranks: Int) throws {
        let whole = try run("a")
        let before = try RunFile.read("\(folder)/a/run.h5")
        try cutBack("a", to: step)
        try FileManager.default.moveItem(atPath: "\(folder)/book", toPath: "\(folder)/moved")
        let resumed = try run("a", text: "moved", resume: .auto, ranks: ranks)
        #expect(resumed.digest == whole.digest && resumed.test == whole.test)
        var after = try RunFile.read("\(folder)/a/run.h5")
        after.launches = before.launches
        after.timing = before.timing
        #expect(after == before)
    }

    @Test(arguments: ["length=13", "stride=6", "stride=null", "validation=0.26"])
    func anotherCutIsRefused(option: String) throws {
        try run("a")
        let failure = #expect(throws: JobFailure.self) { try run("a", resume: .auto, [.set("data.text.\(option)")]) }
        #expect(failure?.code == .usage)
        let message = failure?.description ?? ""
        #expect(message.hasPrefix("data: a run that goes on keeps its configuration: "), "\(message)")
    }

    @Test func imagesInPlaceOfATextAreRefused() throws {
        try run("a")
        let failure = #expect(throws: JobFailure.self) {
            try run("a", resume: .auto, [.key("data", "\(folder)/digits")])
        }
        #expect(failure?.code == .usage && failure?.description.hasPrefix("data: ") ?? false)
        #expect(failure?.description.contains("not none") ?? false, "\(failure?.description ?? "")")
    }

    /// A byte that is in no window, too.
    @Test func anotherTextIsRefused() throws {
        try run("a")
        var bytes = SmallText.bytes
        bytes[899] ^= 1
        try write(bytes, "other")
        let failure = #expect(throws: JobFailure.self) { try run("a", text: "other", resume: .auto) }
        #expect(failure?.code == .badData)
        #expect(failure?.description.contains("the data are not those") ?? false, "\(failure?.description ?? "")")
    }
}
