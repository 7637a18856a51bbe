import Foundation
import Glibc

/// A program under way, in a session of its own, so that it can be ended with everything it started.
///
/// Both of its outputs are read while it runs: one that nobody reads stops the program once the pipe is full.
final class RunningCommand {
    let identifier: pid_t
    private let started = ContinuousClock.now
    private let output: DrainedPipe
    private let errors: DrainedPipe
    private var isFinished = false

    /// - Parameters:
    ///   - program: a name to look for on the PATH, or a path; no shell is involved.
    ///   - folder: where it runs.
    ///   - environment: laid over this process's.
    init(_ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
        output = try DrainedPipe()
        errors = try DrainedPipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writeEnd, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.writeEnd, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A test runner may have blocked or ignored signals that these tests send.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGUSR1, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Both replace themselves by what they start, so the process keeps its number.
        let start = ["env", "-C", folder, "setsid", program]
        var words = (start + arguments).map { strdup($0) } + [nil]
        var variables = merged.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, start[0], &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw CocoaError(.executableLoad, userInfo: [NSLocalizedDescriptionKey: "cannot start \(program): \(code)"])
        }
        identifier = child
        output.drain()
        errors.drain()
    }

    /// A test that gives up leaves nothing running.
    deinit {
        if !isFinished { _ = finish(within: .zero) }
    }

    func send(_ signal: Int32, to process: pid_t? = nil) {
        kill(process ?? identifier, signal)
    }

    /// Waits until it has ended and nobody holds its outputs any more; after `limit` ends all of its session by force.
    func finish(within limit: Duration = .seconds(120)) -> CommandOutcome {
        var status: Int32 = 0
        var hasEnded = false
        var isTimedOut = false
        while true {
            if !hasEnded { hasEnded = waitpid(identifier, &status, WNOHANG) == identifier }
            if hasEnded, output.isAtEnd, errors.isAtEnd { break }
            if ContinuousClock.now - started > limit {
                isTimedOut = true
                for process in Session.processes(of: identifier) { kill(process, SIGKILL) }
                if !hasEnded { waitpid(identifier, &status, 0) }
                break
            }
            usleep(2000)
        }
        isFinished = true
        return CommandOutcome(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F), output: output.text,
            errors: errors.text, isTimedOut: isTimedOut, duration: ContinuousClock.now - started)
    }
}
