import Core
import Foundation
import Storage
import Testing

/// Processes that are killed, or whose disk is full.
@Suite(.timeLimit(.minutes(5))) struct ProcessTests {
    let folder = TemporaryFolder()

    /// A shell in a mount namespace of its own, where it may mount; nil where that isn't permitted.
    private static let mountingShell: [String]? = [
        ["unshare", "-m", "sh", "-c"], ["unshare", "-m", "-r", "sh", "-c"],
    ].first {
        let folder = TemporaryFolder()
        let mount = "mount -t tmpfs -o size=1m none '\(folder.path)'"
        return (try? Command("/usr/bin/env", $0 + [mount]))?.status == 0
    }

    private func expectCleanFailures(_ command: Command, _ reason: String) {
        #expect(command.status == 0, "\(command.status) \(command.output) \(command.errors)")
        let lines = command.output.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(
            lines.dropLast().allSatisfy { $0.hasPrefix("inputOutput: writing ") && $0.contains(reason) }, "\(lines)")
        #expect(lines.last == "old files good, 0 objects open")
        #expect(command.errors == "")
    }

    @Test(.enabled(if: mountingShell != nil, "mounting a small tmpfs is not permitted here"))
    func fullDisk() throws {
        let command = try Command(
            "/usr/bin/env",
            Self.mountingShell! + [
                "mount -t tmpfs -o size=1m none '\(folder.path)' && exec '\(Tools.helper)' fail-to-write '\(folder.path)'"
            ])
        expectCleanFailures(command, "No space left on device")
    }

    /// A file-size limit, which by itself kills with SIGXFSZ, is an error like any other.
    @Test func fileSizeLimit() throws {
        expectCleanFailures(try Command(Tools.helper, ["fail-to-write", folder.path, "1000000"]), "File too large")
    }

    @Test func everythingIsClosed() throws {
        let command = try Command(Tools.helper, ["count-open-objects", folder.path])
        #expect(command.status == 0)
        #expect(command.output.hasSuffix("\n0 objects open\n"), "\(command.output)")
        #expect(command.output.contains("name already exists"))
        #expect(command.errors == "", "the library printed its errors")
    }

    /// Starts the helper, kills it (SIGKILL) some milliseconds after it has written so many files, and gives the number of the
    /// last one that it reported.
    private func lastNumber(killedAfter files: Int, milliseconds: Int, _ arguments: [String]) throws -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Tools.helper)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var printed = Data()
        while printed.count(where: { $0 == UInt8(ascii: "\n") }) < files {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            printed += more
        }
        usleep(UInt32(milliseconds) * 1000)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        printed += output.fileHandleForReading.readDataToEndOfFile()
        return String(decoding: printed, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }.last ?? 0
    }

    @Test func killedWhileWritingCheckpoints() throws {
        var numbers = Set<Int>()
        for trial in 0..<30 {
            let last = try lastNumber(
                killedAfter: 1 + trial % 4, milliseconds: trial * 7 % 40, ["write-checkpoints", folder.path])
            let checkpoint = try Checkpoint.read(folder.file("latest"))
            guard case .integers(let number) = checkpoint.state("number") else {
                Issue.record("no number")
                return
            }
            // What was reported written is there, or what was being written after it.
            #expect([Int64(last), Int64(last + 1)].contains(number[0]))
            numbers.insert(last)
            #expect(
                Set(folder.names).isSubset(of: [
                    "latest", "step-00000007.h5", ".step-00000007.h5.partial", ".latest.partial",
                ]))
        }
        #expect(numbers.count > 3, "every trial was killed at the same point: \(numbers)")
    }

    @Test func killedWhileWritingRuns() throws {
        let path = folder.file("run.h5")
        for trial in 0..<20 {
            let last = try lastNumber(killedAfter: 1 + trial % 4, milliseconds: trial * 5 % 30, ["write-runs", path])
            let seed = try RunFile.read(path).seed
            #expect([UInt64(last), UInt64(last + 1)].contains(seed))
        }
    }
}
