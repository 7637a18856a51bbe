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
                "--epochs", "30", "--checkpoint-every", "20", "--histogram-every", "35", "--trace", "--set",
                "checkpoints.keepBest=2", "--log-format", "json",
            ]
        /// The path of the same run that nothing interrupted.
        private static let undisturbed = Result {
            let folder = try TemporaryFolder.shared.get()
            let outcome = try Dtrain.run(flags + ["--out", "undisturbed"], in: folder)
            try #require(outcome.digest != nil, "\(outcome)")
            return folder.file("undisturbed")
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

        /// Two processes of two threads each: asked to stop, or one of them killed.
        @Test(arguments: [true, false])
        func threadsStopAndDieTogether(isKilled: Bool) throws {
            let command = try Dtrain.start(
                Self.flags + ["--threads", "2", "--out", "run"], ranks: 2, in: folder)
            try waitForCheckpoint(command)
            if isKilled {
                let victim = try #require(Session.rank(1, of: command.identifier))
                command.send(SIGKILL, to: victim)
                let outcome = command.finish()
                #expect(!outcome.isTimedOut && outcome.status != 0 && isGone(command), "\(outcome)")
            } else {
                command.send(SIGUSR1)
                try expectStopped(command.finish(), by: "SIGUSR1")
            }
            try expectSameEnd(["--resume", "run"], ranks: 3)
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

        /// Killed again and again: a rank, the launcher or both at any moment, before the first checkpoint too, and on another
        /// number of ranks each time.
        @Test func killedAtRandomTheRunEndsWithTheSameBits() throws {
            var kills: [String] = []
            for _ in 0..<8 {
                let ranks = Int.random(in: 1...3)
                let wait = Int.random(in: 0...900)
                // A rank; -1 is the launcher, -2 everybody.
                let victim = Int.random(in: -2..<ranks)
                let command = try Dtrain.start(
                    Self.flags + ["--resume", "auto", "--out", "run"], ranks: ranks, in: folder)
                usleep(UInt32(wait) * 1000)
                if victim < 0 { command.send(SIGKILL) }
                if victim == -2 { for process in Session.processes(of: command.identifier) { kill(process, SIGKILL) } }
                if victim >= 0, let process = Session.rank(victim, of: command.identifier) { kill(process, SIGKILL) }
                let outcome = command.finish()
                kills.append("\(victim) of \(ranks) ranks after \(wait) ms: \(outcome.status)")
                #expect(!outcome.isTimedOut && isGone(command), "ranks are left after \(kills)")
                // The last ones may find it done.
                if outcome.status == 0 { break }
            }
            let outcome = try Dtrain.run(["--resume", "auto", "--out", "run"] + Self.flags, ranks: 3, in: folder)
            #expect(outcome.status == 0, "\(outcome) after \(kills)")
            try expectUndisturbed("after \(kills)")
        }

        /// A stop's checkpoint takes its time on a slow disk: the ranks that have nothing to write wait for it. The next due
        /// checkpoint is a thousand steps away, so that it is the stop's that is slow.
        @Test func aStopWaitsForASlowDisk() throws {
            let preload = try SlowDisk.library(in: folder)
            let flags = Dtrain.smallNetwork + ["--epochs", "1000", "--checkpoint-every", "1000", "--out", "run"]
            let command = try Dtrain.start(flags, ranks: 3, in: folder, environment: ["LD_PRELOAD": preload])
            try waitForCheckpoint(command)
            usleep(100_000)
            command.send(SIGUSR1)
            try folder.write("", "slow")
            let outcome = command.finish()
            #expect(outcome.status == 75 && outcome.duration > .seconds(6), "\(outcome)")
            let run = try RunFolder.open(path: folder.file("run"))
            let status = try run.status()
            #expect(status.state == .stopped && status.step % 1000 != 0, "\(status)")
            #expect(try run.checkpoints.latestValid { _ in }?.entry.step == status.step)
        }

        /// A job that was put back into the queue while it still runs: the second leaves the first alone, which is stopped
        /// meanwhile so that it has not ended before.
        @Test(arguments: [["--resume", "auto", "--out", "run"], ["--resume", "run"], ["--out", "run"]])
        func oneJobAtATimeWritesARun(second: [String]) throws {
            let command = try Dtrain.start(Self.flags + ["--out", "run"], ranks: 3, in: folder)
            try waitForCheckpoint(command)
            let writer = try #require(Session.rank(0, of: command.identifier))
            command.send(SIGSTOP, to: writer)
            let refused = try Dtrain.run(Self.flags + second, ranks: 2, in: folder)
            #expect(refused.status == 73 && refused.reports.count == 1, "\(refused)")
            if second.contains("--resume") {
                let holder = "another dtrain (process \(writer) on "
                #expect(refused.reports.first?.contains(holder) ?? false, "\(refused)")
            }
            command.send(SIGCONT, to: writer)
            let outcome = command.finish()
            #expect(outcome.status == 0, "\(outcome)")
            try expectUndisturbed("\(outcome)")
            #expect(try RunFile.read(folder.file("run/run.h5")).launches.count == 1)
        }

        /// The launcher is gone at once, its ranks a second later; a process without launcher starts sooner than that.
        @Test func aRunGoesOnWhileTheOldRanksEnd() throws {
            let command = try Dtrain.start(Self.flags + ["--out", "run"], ranks: 3, in: folder)
            try waitForCheckpoint(command)
            command.send(SIGKILL)
            let outcome = try Dtrain.run(
                ["--resume", "auto", "--out", "run", "--log-format", "json"], in: folder)
            #expect(outcome.status == 0 && outcome.reports.isEmpty, "\(outcome)")
            try expectUndisturbed("\(outcome)")
            _ = command.finish()
            #expect(isGone(command), "ranks are left")
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
            let history = try RunFile.read(run.runFile)
            #expect(history.launches.map(\.ranks).last == ranks && history.launches.count == 2)
            try expectUndisturbed("on \(ranks) ranks")
        }

        /// Everything that the run left is what it would have left in one go: each row of the history, each checkpoint, and
        /// which checkpoints there are.
        private func expectUndisturbed(_ comment: String) throws {
            let whole = try Self.undisturbed.get()
            let outcome = try Dtrain.run(["diff", whole, "run"], in: folder)
            #expect(outcome.status == 0, "\(outcome) \(comment)")
            let run = try RunFolder.open(path: folder.file("run"))
            let other = try RunFolder.open(path: whole)
            #expect(try run.checkpoints.entries().map(\.step) == other.checkpoints.entries().map(\.step), "\(comment)")
            #expect(try run.status() == RunStatus(.done, step: Self.totalSteps), "\(comment)")
            #expect(try RunFile.read(run.runFile).steps.map(\.step) == Array(1...Self.totalSteps), "\(comment)")
        }
    }
}
