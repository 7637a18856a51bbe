import ArgumentParser
import Core
import Distributed
import Glibc
import Synchronization
import Training

/// The processes that were started together, as one of them sees it, or the ranks that are their threads.
struct Job {
    let communicator: any Communicator

    /// Joins the job: MPI where a launcher started this process, else this process alone.
    static func start() -> Job {
        do {
            let job = Job(communicator: try MPIEnvironment.world())
            nonisolated(unsafe) let shared = job
            OutOfMemory.end = { shared.endWithoutMemory($0) }
            return job
        } catch {
            StandardError.write("dtrain: \(error)\n")
            exit(ExitCode.failed.rawValue)
        }
    }

    /// Whether a thread of this process reports already that memory is missing.
    private static let isOutOfMemory = Atomic(false)

    /// One thread of one process reports, where several meet the same limit: it ends the others while they give it time.
    private func endWithoutMemory(_ message: String) -> Never {
        guard !Self.isOutOfMemory.exchange(true, ordering: .relaxed) else { while true { pause() } }
        // A launcher that ends the others does so silently, and at once.
        for signal in [SIGTERM, SIGINT, SIGUSR1] { Glibc.signal(signal, SIG_DFL) }
        let moment = ContinuousClock.now + .milliseconds(500 * min(communicator.rank, 20))
        while ContinuousClock.now < moment { usleep(10_000) }
        report(
            "\(message); start fewer ranks a host, or lower globalBatchSize or the network's sizes; --dry-run says what each rank "
                + "takes")
        communicator.abort(ExitCode.failed.rawValue)
    }

    /// Parses the arguments and runs the command.
    func run(_ arguments: some Sequence<String>) throws {
        let arguments = Array(arguments)
        try agree(arguments)
        let command = try communicator.together { try parse(arguments) }
        guard let command else { return }
        guard let jobCommand = command as? any JobCommand else {
            if communicator.rank == 0 { printText(of: command) }
            return
        }
        try jobCommand.run(in: self)
    }

    /// Prints the text that a command of the argument parser's own (`--help`, `help debug`) ends with.
    private func printText(of command: any ParsableCommand) {
        var command = command
        do {
            try command.run()
        } catch {
            print(Dtrain.fullMessage(for: error))
        }
    }

    /// Makes sure that all ranks were given the same arguments: others (`--resume`, `debug`) can lead to other collective
    /// calls, in which ranks would wait for each other for ever.
    private func agree(_ arguments: [String]) throws {
        let other = communicator.disagreeing(Array(arguments.joined(separator: "\0").utf8))
        try communicator.together {
            guard communicator.rank == 0, let other else { return }
            throw RunFailure(
                .disagreement,
                "rank \(other.rank) on \(other.hostName) has other arguments than the others; start all ranks with the same"
            )
        }
    }

    /// - Returns: the command; nil where the arguments ask for a text (`--help`, `--version`), which rank 0 has printed.
    private func parse(_ arguments: [String]) throws -> (any ParsableCommand)? {
        do {
            return try Dtrain.parseAsRoot(arguments)
        } catch {
            guard Dtrain.exitCode(for: error) != .success else {
                if communicator.rank == 0 { print(Dtrain.fullMessage(for: error)) }
                return nil
            }
            throw ConfigurationError(message: "\(Dtrain.message(for: error)); see dtrain --help")
        }
    }

    /// Runs `body` on `threads` ranks of this process, each with a job of its own.
    ///
    /// - Throws: `JobFailure`, reported already.
    func run(threads: Int, _ body: @escaping (Job) throws -> Void) throws {
        guard threads > 1 else { return try body(self) }
        guard MPIEnvironment.servesAnyThread else {
            throw RunFailure(
                .failed,
                "\(MPIEnvironment.libraryVersion) serves the main thread alone; take --threads 1 and more processes")
        }
        nonisolated(unsafe) let body = body
        let codes = try HybridCommunicator.run(over: communicator, threads: threads) { communicator in
            let job = Job(communicator: communicator)
            return job.code { try body(job) }
        }
        guard let failed = codes.first(where: { $0 != 0 }) else { return }
        throw JobFailure(code: ExitCode(rawValue: failed) ?? .failed, rank: communicator.rank, description: "")
    }

    /// Runs `body` and reports its failure: one line, from one rank.
    func code(_ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch let failure as JobFailure {
            if failure.rank == communicator.rank, !failure.description.isEmpty { report(failure.description) }
            return failure.code.rawValue
        } catch {
            report("\(error)")
            // The other ranks do not know of it: end them too.
            if communicator.size > 1 { communicator.abort(ExitCode(for: error).rawValue) }
            return ExitCode(for: error).rawValue
        }
    }

    private func report(_ message: String) {
        let place =
            communicator.size > 1 ? "rank \(communicator.rank) on \(communicator.hostNames[communicator.rank]): " : ""
        let line = message.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: " ")
        StandardError.write("dtrain: \(place)\(line)\n")
    }

    /// Leaves the job and the process.
    func end(_ code: Int32) -> Never {
        exit(code)
    }
}

/// Standard error: progress, logs and failures; standard output is for results.
enum StandardError {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
