import Distributed
import Foundation
import Testing

/// Each fault is committed in a job of three ranks, which must end soon, with the right exit code.
@Suite(.serialized, .enabled(if: !MPIEnvironment.isLaunched, "starts jobs of its own"))
struct FaultTests {
    @Test(arguments: Fault.allCases)
    func aFaultEndsTheJob(fault: Fault) throws {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        let process = Process()
        process.executableURL =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../launch/test-ranks").standardized
        process.arguments = ["3", "MPIFaultCommitter"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "DTRAIN_TEST_FAULT": fault.rawValue, "TIMEOUT": "20",
            "BUILD": bundle.deletingLastPathComponent().deletingLastPathComponent().path,
        ]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let start = ContinuousClock.now
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == fault.exitCode, "\(text)")
        #expect(ContinuousClock.now - start < .seconds(15))
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("dtrain: ") }
        #expect(lines.count == (fault == .truncation ? 1 : 0), "\(text)")
        #expect(lines.allSatisfy { $0.hasPrefix("dtrain: rank 1 on ") && $0.contains("rank 2") }, "\(text)")
    }
}
