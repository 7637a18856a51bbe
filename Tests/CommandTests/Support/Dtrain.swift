import Foundation
import Storage

/// The built program, alone or under the MPI launcher.
enum Dtrain {
    /// Built beside the tests.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("dtrain").standardizedFileURL.path

    /// A network that trains in no time and has a layer of every sort that matters to ranks.
    static let smallNetwork = ["--set", "network=[{linear: 6}, batchnorm, {dropout: 0.3}, tanh, {linear: 10}]"]

    /// Some of a job's ranks, and what they are told.
    typealias Part = (ranks: Int, arguments: [String])

    /// MPIEXEC, else that of the MPI library that dtrain was built with.
    private static let launcher: String = {
        if let given = ProcessInfo.processInfo.environment["MPIEXEC"] { return given }
        let libraries = try? RunningCommand("ldd", [path], in: "/").finish().output
        return libraries?.contains("libmpich") ?? false ? "mpirun.mpich" : "mpirun"
    }()

    /// As root, and with fewer cores than ranks, Open MPI refuses to start unless told.
    private static let launcherFlags: [String] = {
        let version = (try? RunningCommand(launcher, ["--version"], in: "/").finish().output) ?? ""
        return version.contains("Open MPI") || version.contains("OpenRTE") ? ["-q", "--oversubscribe"] : []
    }()

    /// Starts one process without a launcher, or a job of `ranks`: each a process of one thread, however many CPUs there are.
    static func start(
        _ arguments: [String], ranks: Int? = nil, in folder: TemporaryFolder, environment: [String: String] = [:]
    ) throws -> RunningCommand {
        guard let ranks else { return try RunningCommand(path, arguments, in: folder.path, environment: environment) }
        let isTraining = arguments.first.map { $0.hasPrefix("-") && !["--help", "--version"].contains($0) } ?? true
        let threads = isTraining && !arguments.contains("--threads") ? ["--threads", "1"] : []
        return try start([(ranks, arguments + threads)], in: folder, environment: environment)
    }

    /// Starts one job whose ranks are told different things, each by way of the command `under`.
    static func start(
        _ parts: [Part], in folder: TemporaryFolder, environment: [String: String] = [:], under: [String] = []
    ) throws -> RunningCommand {
        let programs = parts.map { ["-np", "\($0.ranks)"] + under + [path] + $0.arguments }
        return try RunningCommand(
            launcher, launcherFlags + programs.joined(separator: [":"]), in: folder.path,
            environment: environment.merging(
                ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 })
    }

    /// Runs to the end.
    static func run(_ arguments: [String], ranks: Int? = nil, in folder: TemporaryFolder) throws -> CommandOutcome {
        try start(arguments, ranks: ranks, in: folder).finish()
    }
}
