import Core
import Storage
import Testing

@Suite struct CheckpointFolderTests {
    let folder = TemporaryFolder()
    private var checkpoints: CheckpointFolder { CheckpointFolder(path: folder.path) }

    private func write(_ steps: Int...) throws {
        for step in steps { try Samples.checkpoint(step: step).write(folder: folder.path) }
    }

    private var steps: [Int] { get throws { try checkpoints.entries().map(\.step) } }

    private func damage(_ step: Int) {
        let path = folder.file(Checkpoint.fileName(step: step))
        var bytes = readBytes(path)
        bytes[bytes.count / 2] ^= 1
        writeBytes(bytes, path)
    }

    @Test func listing() throws {
        #expect(try CheckpointFolder(path: folder.file("none")).entries().isEmpty)
        try write(100, 20, 3)
        for name in [
            "step-7.h5", "step-00000007.h5x", "step--0000007.h5", "step-00000008.txt", "notes",
            ".step-00000009.h5.partial",
        ] {
            writeBytes([1], folder.file(name))
        }
        #expect(try steps == [3, 20, 100])
        #expect(try checkpoints.entries()[0].path == folder.file("step-00000003.h5"))
    }

    @Test func latestGoodOneIsTaken() throws {
        var told: [StorageError] = []
        #expect(try checkpoints.latestValid { told.append($0) } == nil)
        try write(1, 2, 3)
        #expect(try checkpoints.latestValid { told.append($0) }?.checkpoint == Samples.checkpoint(step: 3))
        #expect(told.isEmpty)
        damage(3)
        writeBytes([], folder.file(Checkpoint.fileName(step: 4)))
        let found = try checkpoints.latestValid { told.append($0) }
        #expect(found?.checkpoint == Samples.checkpoint(step: 2))
        #expect(found?.entry.step == 2)
        #expect(told.map { $0.message.contains("step-00000004.h5") } == [true, false])
        #expect(told.map { $0.message.contains("step-00000003.h5") } == [false, true])
    }

    @Test func allDamaged() throws {
        try write(1, 2)
        damage(1)
        damage(2)
        var told = 0
        let error = #expect(throws: StorageError.self) { try checkpoints.latestValid { _ in told += 1 } }
        #expect(error?.kind == .badData)
        #expect(told == 2)
        #expect(try steps == [1, 2])
    }

    @Test func lastAndBestAreKept() throws {
        try write(1, 2, 3, 4, 5, 6)
        let scores = [1: 0.5, 2: 0.9, 3: 0.9, 4: Double.nan, 6: 0.1]
        let removed = try checkpoints.prune(upTo: 6, keepLast: 2, keepBest: 1) { scores[$0] }
        #expect(removed == [1, 3, 4].map { folder.file(Checkpoint.fileName(step: $0)) })
        #expect(try steps == [2, 5, 6])
        #expect(folder.names == ["latest", "step-00000002.h5", "step-00000005.h5", "step-00000006.h5"])
        #expect(try Checkpoint.read(folder.file("latest")).step == 6)
    }

    /// A stop's checkpoint goes once a later one is there, and takes no place among the last.
    @Test func checkpointsOfStopsAreKeptUntilTheNext() throws {
        try write(2, 3, 4, 5)
        let isEven = { $0 % 2 == 0 }
        let scores = [2: 0.1, 3: 0.9]
        try checkpoints.prune(upTo: 5, keepLast: 1, keepBest: 1, isDue: isEven) { scores[$0] }
        #expect(try steps == [2, 4, 5])
        try write(6)
        try checkpoints.prune(upTo: 6, keepLast: 2, keepBest: 1, isDue: isEven) { _ in nil }
        #expect(try steps == [4, 6])
    }

    @Test func thoseOfOtherStepsAreNotTaken() throws {
        try write(2, 4, 5)
        #expect(try checkpoints.latestValid(where: { $0 % 2 == 0 }) { _ in }?.entry.step == 4)
        #expect(try checkpoints.latestValid(where: { $0 % 3 == 0 }) { _ in } == nil)
        try checkpoints.remove(after: 4)
        #expect(try steps == [2, 4])
    }

    /// A score that is not a number is no score, wherever it stands.
    @Test func notANumberIsNotTheBest() throws {
        for scores in [[1: Double.nan, 2: 0.3, 3: 0.2], [1: 0.3, 2: .nan, 3: 0.2], [1: 0.2, 2: 0.3, 3: .nan]] {
            try write(1, 2, 3, 4)
            try checkpoints.prune(upTo: 4, keepLast: 1, keepBest: 1) { scores[$0] }
            #expect(try steps == [scores.first { $0.value == 0.3 }!.key, 4])
        }
    }

    @Test func zeroKeepsAll() throws {
        try write(1, 2, 3)
        #expect(try checkpoints.prune(upTo: 3, keepLast: 0, keepBest: 1) { _ in nil }.isEmpty)
        #expect(try checkpoints.prune(upTo: 3, keepLast: 1, keepBest: 0) { _ in nil }.isEmpty)
        #expect(try steps == [1, 2, 3])
    }

    /// Good checkpoints are not given up for later ones that a killed run left damaged.
    @Test func laterOnesDoNotCount() throws {
        try write(1, 2, 3, 4)
        damage(3)
        damage(4)
        try checkpoints.prune(upTo: 2, keepLast: 2, keepBest: 1) { _ in nil }
        #expect(try steps == [1, 2, 3, 4])
    }

    @Test func leftoversOfKilledRunsGo() throws {
        try write(4)
        for name in [".step-00000001.h5.partial", ".step-00000009.h5.partial", ".notes.partial", ".step-1.h5.partial"] {
            writeBytes([1, 2, 3], folder.file(name))
        }
        try checkpoints.prune(upTo: 4, keepLast: 0, keepBest: 0) { _ in nil }
        #expect(folder.names == [".notes.partial", ".step-1.h5.partial", "latest", "step-00000004.h5"])
    }

    @Test func foreignFilesStay() throws {
        try write(4, 5)
        for name in [Checkpoint.fileName(step: 1), "notes.h5", "step-2.h5"] {
            writeBytes([1, 2, 3], folder.file(name))
        }
        let removed = try checkpoints.prune(upTo: 5, keepLast: 1, keepBest: 1) { _ in nil }
        #expect(removed == [folder.file("step-00000004.h5")])
        #expect(folder.names == ["latest", "notes.h5", "step-00000001.h5", "step-00000005.h5", "step-2.h5"])
    }
}
