import Foundation
import Glibc
import Storage
import Testing

extension CommandTests {
    /// Runs that are killed or told to stop, and go on with the same bits on another number of ranks.
    @Suite struct InterruptionTests {
        private static let totalSteps = 480
        private static let flags =
            Dtrain.smallNetwork + [
                "--epochs", "30", "--checkpoint-every", "20", "--histogram-every", "35", "--set",
                "checkpoints.keepLast=0", "--log-format", "json",
            ]
        /// What the same run ends with when nothing interrupts it.
        private static let uninterrupted = Result {
            let outcome = try Dtrain.run(flags + ["--out", "whole"], in: TemporaryFolder())
            return try #require(outcome.digest, "\(outcome)")
        }

        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        @Test(arguments: [(rank: 0, then: 2), (rank: 2, then: 1)])
        func aKilledRankEndsTheJob(rank: Int, then ranks: Int) throws {
            let command = try Dtrain.start(Self.flags + ["--out", "run"], ranks: 3, in: folder)
            try waitForCheckpoint(command)
            let victim = try #require(Session.rank(rank, of: command.identifier))
            let killed = ContinuousClock.now
            command.send(SIGKILL, to: victim)
            let outcome = command.finish()
            #expect(!outcome.isTimedOut && outcome.status != 0, "\(outcome)")
            #expect(ContinuousClock.now - killed < .seconds(20), "\(outcome)")
            #expect(isGone(command), "ranks are left")
            #expect(try RunFolder.open(path: folder.file("run")).status().state == .running)
            try expectSameEnd(["--resume", "run"], ranks: ranks)
        }

        /// Batch systems warn with USR1; the launcher passes it on to all ranks.
        @Test func aSignalToTheLauncherStopsTheJob() throws {
            let command = try Dtrain.start(Self.flags + ["--out", "run"], ranks: 3, in: folder)
            try waitForCheckpoint(command)
            command.send(SIGUSR1)
            try expectStopped(command.finish(), by: "SIGUSR1")
            try expectSameEnd(["--resume", "auto", "--out", "run"], ranks: 2)
        }

        @Test(arguments: [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGUSR1, "SIGUSR1")])
        func aSignalStopsAProcess(signal: Int32, name: String) throws {
            let command = try Dtrain.start(Self.flags + ["--out", "run"], in: folder)
            try waitForCheckpoint(command)
            command.send(signal)
            try expectStopped(command.finish(), by: name)
            try expectSameEnd(["--resume", "run"], ranks: 3)
        }

        /// Whether all processes of the job end within some seconds of the launcher.
        private func isGone(_ command: RunningCommand) -> Bool {
            let start = ContinuousClock.now
            while !Session.processes(of: command.identifier).isEmpty {
                if ContinuousClock.now - start > .seconds(20) { return false }
                usleep(10_000)
            }
            return true
        }

        /// Waits until the run has written its first checkpoint.
        private func waitForCheckpoint(_ command: RunningCommand) throws {
            let start = ContinuousClock.now
            while !FileManager.default.fileExists(atPath: folder.file("run/checkpoints/latest")) {
                guard ContinuousClock.now - start < .seconds(60) else {
                    Issue.record("no checkpoint after a minute: \(command.finish(within: .zero))")
                    throw CancellationError()
                }
                usleep(500)
            }
        }

        private func expectStopped(_ outcome: CommandOutcome, by signal: String) throws {
            #expect(outcome.status == 75, "\(outcome)")
            #expect(outcome.reports.count == 1 && outcome.reports.first!.contains(signal), "\(outcome)")
            #expect(outcome.summary["event"] as? String == "stopped")
            let run = try RunFolder.open(path: folder.file("run"))
            let status = try run.status()
            #expect(status.state == .stopped && status.reason.contains(signal))
            #expect(status.step > 0 && status.step < Self.totalSteps, "it was not stopped in mid-run")
            // The last step done is in a checkpoint, and in the history.
            #expect(try run.checkpoints.entries().last?.step == status.step)
            #expect(try RunFile.read(run.runFile).steps.last?.step == status.step)
        }

        private func expectSameEnd(_ arguments: [String], ranks: Int) throws {
            let run = try RunFolder.open(path: folder.file("run"))
            let last = try #require(run.checkpoints.entries().last?.step)
            #expect(last < Self.totalSteps, "the run had ended before it was interrupted")
            let outcome = try Dtrain.run(arguments + ["--log-format", "json"], ranks: ranks, in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            #expect(try outcome.digest == Self.uninterrupted.get())
            #expect(try run.status() == RunStatus(.done, step: Self.totalSteps))
            let history = try RunFile.read(run.runFile)
            #expect(history.steps.map(\.step) == Array(1...Self.totalSteps))
            #expect(history.epochs.map(\.epoch) == Array(1...30))
            #expect(history.launches.map(\.ranks).last == ranks && history.launches.count == 2)
        }
    }
}
