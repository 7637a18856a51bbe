import Foundation
import Storage
import Synchronization
import Testing

@Suite struct RunFolderTests {
    let folder = TemporaryFolder()

    @Test func newRun() throws {
        let run = try RunFolder.create(path: folder.file("runs/deep/a"), config: "seed: 1\n")
        #expect(run.path == folder.file("runs/deep/a"))
        #expect(try run.config() == "seed: 1\n")
        #expect(try run.status() == RunStatus(.running, step: 0))
        #expect(run.runFile == folder.file("runs/deep/a/run.h5"))
        #expect(run.checkpoints.path == folder.file("runs/deep/a/checkpoints"))
        #expect(try run.checkpoints.entries().isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: run.path).sorted() == [
                ".lock", "checkpoints", "config.yaml", "status",
            ])
        #expect(try RunFolder.open(path: run.path).path == run.path)
        #expect(RunFolder.holdsRun(path: run.path))
    }

    @Test func emptyFolderIsTaken() throws {
        _ = try RunFolder.create(path: folder.path, config: "")
        #expect(folder.names == [".lock", "checkpoints", "config.yaml", "status"])
    }

    /// The lock goes with its owner, and says meanwhile who that is.
    @Test func oneWriterAtATime() throws {
        func expectRefused() {
            let error = #expect(throws: StorageError.self) { try RunFolder(path: folder.path).locked() }
            #expect(error?.kind == .cannotCreate)
            #expect(
                error?.message.contains("another dtrain (process \(getpid()) on ") == true,
                "\(error?.message ?? "nothing")")
        }
        func hold(_ run: RunFolder) {
            expectRefused()
            expectRefused()
            withExtendedLifetime(run) {}
        }
        hold(try RunFolder.create(path: folder.path, config: ""))
        #expect(readBytes(folder.file(".lock")) == [])
        hold(try RunFolder(path: folder.path).locked())
        #expect(readBytes(folder.file(".lock")) == [])
    }

    /// Who is patient gets the lock once its owner is gone.
    @Test func aWriterThatEndsIsWaitedFor() throws {
        let path = folder.path
        let first = Mutex<RunFolder?>(try RunFolder(path: path).locked())
        Thread.detachNewThread {
            usleep(200_000)
            first.withLock { $0 = nil }
        }
        let start = ContinuousClock.now
        _ = try RunFolder(path: path).locked(patience: .seconds(20))
        #expect(ContinuousClock.now - start > .milliseconds(100))
    }

    @Test func aRunFileIsSetAside() throws {
        let run = RunFolder(path: folder.path)
        #expect(try run.setAsideRunFile() == nil)
        writeBytes([1, 2], run.runFile)
        writeBytes([3], run.runFile + ".damaged")
        #expect(try run.setAsideRunFile() == run.runFile + ".damaged")
        #expect(folder.names == ["run.h5.damaged"] && readBytes(run.runFile + ".damaged") == [1, 2])
    }

    @Test func takenFoldersStayAsTheyAre() throws {
        let run = try RunFolder.create(path: folder.file("a"), config: "seed: 1\n")
        try run.write(RunStatus(.done, step: 320))
        let error = #expect(throws: StorageError.self) { try RunFolder.create(path: run.path, config: "seed: 2\n") }
        #expect(error?.kind == .cannotCreate)
        #expect(error?.exitCode == 73)
        #expect(error?.message.contains("holds a run already") == true)
        #expect(try run.config() == "seed: 1\n")
        #expect(try run.status() == RunStatus(.done, step: 320))

        writeBytes([1], folder.file("a file"))
        let file = #expect(throws: StorageError.self) { try RunFolder.create(path: folder.file("a file"), config: "") }
        #expect(file?.kind == .cannotCreate)
        #expect(readBytes(folder.file("a file")) == [1])
        let used = #expect(throws: StorageError.self) { try RunFolder.create(path: folder.path, config: "") }
        #expect(used?.kind == .cannotCreate)
        #expect(used?.message.contains("not empty") == true)
        #expect(folder.names == ["a", "a file"])
    }

    @Test func whereNothingCanBeMade() {
        for path in ["/proc/dtrain/run", folder.file("file/run"), ""] {
            writeBytes([1], folder.file("file"))
            let error = #expect(throws: StorageError.self) { try RunFolder.create(path: path, config: "") }
            #expect(error?.kind == .cannotCreate, "\(path)")
        }
        #expect(folder.names == ["file"])
    }

    /// Nothing is left of a folder that could not be filled.
    @Test func failureHalfWayLeavesNothing() throws {
        let error = #expect(throws: StorageError.self) {
            // A name this long leaves no room for `config.yaml` behind it.
            let name = String(repeating: "/" + String(repeating: "x", count: 200), count: 19)
            let path = folder.path + name
            _ = try RunFolder.create(
                path: path + "/" + String(repeating: "y", count: 4095 - path.utf8.count - 10), config: "")
        }
        #expect(error?.kind == .cannotCreate)
        #expect(folder.names.isEmpty)
    }

    @Test func onlyOneOfManyGetsAFolder() async {
        for round in 0..<10 {
            let path = folder.file("contested\(round)")
            let winners = await withTaskGroup(of: Bool.self) { group in
                for i in 0..<8 { group.addTask { (try? RunFolder.create(path: path, config: "seed: \(i)\n")) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test func defaultNameIsTheTime() {
        #expect(RunFolder.defaultPath().wholeMatch(of: /runs\/\d{4}-\d\d-\d\d-\d{6}/) != nil)
    }

    @Test func statusOfEveryKind() throws {
        let run = try RunFolder.create(path: folder.file("a"), config: "")
        for state in RunStatus.State.allCases {
            for reason in ["", "received SIGUSR1", "NaN in linear1: step 3"] {
                try run.write(RunStatus(state, step: 12, reason: reason))
                #expect(try run.status() == RunStatus(state, step: 12, reason: reason))
            }
        }
        try run.write(RunStatus(.failed, step: 1, reason: "two\nlines"))
        #expect(try run.status().reason == "two lines")
        #expect(
            String(decoding: readBytes(run.statusFile), as: UTF8.self) == "status: failed\nstep: 1\nreason: two lines\n"
        )
        for damaged in ["", "status: asleep\nstep: 1\n", "status: done\n", "nonsense"] {
            writeBytes(Array(damaged.utf8), run.statusFile)
            let error = #expect(throws: StorageError.self) { try run.status() }
            #expect(error?.kind == .badData)
        }
    }

    @Test func noRunToOpen() {
        let error = #expect(throws: StorageError.self) { try RunFolder.open(path: folder.file("none")) }
        #expect(error?.kind == .noInput)
        #expect(!RunFolder.holdsRun(path: folder.path))
    }
}
