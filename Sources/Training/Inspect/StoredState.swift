import Core
import Foundation
import Storage

/// A run's folder, its `run.h5`, or a checkpoint, read whole, and what there is to tell of it.
struct StoredState: CustomStringConvertible {
    /// As it was given.
    let path: String
    /// The configuration that it carries.
    let config: String
    let description: String
    /// What the parameters are, where the file has them.
    private let parameters: [String: Shape]?
    /// How many trained numbers there are, where the file says so.
    private let parameterCount: Int?

    /// - Throws: `noInput`, `badData`.
    init(path: String) throws(StorageError) {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            try self.init(folder: RunFolder(path: path))
            return
        }
        let bytes = try FileSystem.read(path, what: "file")
        func begins(_ kind: StoredFile.Kind) -> Bool { bytes.starts(with: Array("\(kind.rawValue)\n".utf8)) }
        if begins(.checkpoint) {
            self.init(try Checkpoint.read(bytes: bytes, path: path), path: path)
        } else if begins(.run) {
            self.init(try RunFile.read(path), path: path)
        } else {
            throw StorageError(
                .badData,
                "reading \(path): it is neither a run file (run.h5) nor a checkpoint, or it is damaged; a configuration "
                    + "is given with --config")
        }
    }

    private init(folder: RunFolder) throws(StorageError) {
        guard RunFolder.holdsRun(path: folder.path) else {
            throw StorageError(.noInput, "inspecting \(folder.path): there is no run (it has no status)")
        }
        path = folder.path
        config = try folder.config()
        let status = try folder.status()
        var facts = [
            ("run", folder.path),
            (
                "status",
                "\(status.state.rawValue) at step \(status.step)" + (status.reason.isEmpty ? "" : ": \(status.reason)")
            ),
        ]
        // A run that has just begun has neither.
        let history = FileManager.default.fileExists(atPath: folder.runFile) ? try RunFile.read(folder.runFile) : nil
        if let history { facts += Self.facts(of: history) }
        let steps = try folder.checkpoints.entries().map { "\($0.step)" }
        facts.append(("checkpoints", steps.isEmpty ? "none" : "after steps \(steps.joined(separator: ", "))"))
        let latest = try folder.checkpoints.latestValid { facts.append(("damaged", $0.message)) }
        if let latest { facts += [("last one", latest.entry.path)] + Self.facts(of: latest.checkpoint) }
        description = Self.lines(facts)
        parameters = latest.map { Self.shapes($0.checkpoint.parameters) }
        parameterCount = history?.parameterCount
    }

    private init(_ history: RunHistory, path: String) {
        self.path = path
        config = history.config
        description = Self.lines([("run file", path)] + Self.facts(of: history))
        parameters = nil
        parameterCount = history.parameterCount
    }

    private init(_ checkpoint: Checkpoint, path: String) {
        self.path = path
        config = checkpoint.config
        var table = TextTable([("tensor", .left), ("shape", .left), ("elements", .right), ("norm", .right)])
        for (folder, tensors) in [("parameters", checkpoint.parameters), ("buffers", checkpoint.buffers)] {
            for tensor in tensors {
                let squares = tensor.values.reduce(0.0) { $0 + Double($1) * Double($1) }
                table.add([
                    "\(folder)/\(tensor.name)", "\(tensor.shape)", grouped(tensor.values.count),
                    String(format: "%.6g", squares.squareRoot()),
                ])
            }
        }
        description = Self.lines([("checkpoint", path)] + Self.facts(of: checkpoint)) + "\n\n\(table)"
        parameters = Self.shapes(checkpoint.parameters)
        parameterCount = nil
    }

    /// What of the network's parameters is not as it is here; nil if they are the same.
    func mismatch(with graph: NetworkGraph) -> String? {
        var wanted: [String: Shape] = [:]
        for node in graph.nodes {
            for tensor in node.tensors where !tensor.isBuffer { wanted["\(node.id)/\(tensor.name)"] = tensor.shape }
        }
        if let parameters, parameters != wanted {
            let name = Set(parameters.keys).union(wanted.keys).sorted().first { parameters[$0] != wanted[$0] } ?? ""
            return "\(name) has shape \(parameters[name].map { "\($0)" } ?? "none"), on these data the network's has "
                + (wanted[name].map { "\($0)" } ?? "none")
        }
        if let parameterCount, parameterCount != graph.parameterCount {
            return "it has \(grouped(parameterCount)) parameters, on these data the network has "
                + grouped(graph.parameterCount)
        }
        return nil
    }

    private static func shapes(_ tensors: [Checkpoint.Tensor]) -> [String: Shape] {
        Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    }

    private static func facts(of history: RunHistory) -> [(String, String)] {
        var facts = [
            ("seed", "\(history.seed), \(count(history.shards, "shard"))"),
            (
                "history",
                "\(count(history.steps.count, "step")), \(count(history.epochs.count, "epoch")), "
                    + "\(count(history.events.count, "event"))"
            ),
        ]
        if let epoch = history.epochs.last {
            func accuracy(_ part: Double) -> String {
                part.isNaN ? "" : String(format: ", accuracy %.2f %%", part * 100)
            }
            facts.append(
                (
                    "epoch \(epoch.epoch)",
                    String(format: "training loss %.4f", epoch.trainLoss) + accuracy(epoch.trainAccuracy)
                        + String(format: "; test loss %.4f", epoch.testLoss) + accuracy(epoch.testAccuracy)
                ))
        }
        if let launch = history.launches.last {
            facts.append(
                (
                    "launches",
                    "\(history.launches.count); the last at \(launch.created) on \(count(launch.ranks, "rank")) by dtrain \(launch.dtrainVersion)"
                ))
        }
        return facts
    }

    private static func facts(of checkpoint: Checkpoint) -> [(String, String)] {
        [
            ("step", grouped(checkpoint.step)), ("epoch", "\(checkpoint.epoch)"),
            ("position", "\(count(checkpoint.position, "sample")) into the next epoch"), ("digest", checkpoint.digest),
            ("parameters_digest", checkpoint.parametersDigest),
        ]
    }

    private static func count(_ number: Int, _ what: String) -> String {
        "\(grouped(number)) \(what)\(number == 1 ? "" : "s")"
    }

    private static func lines(_ facts: [(String, String)]) -> String {
        let width = facts.map(\.0.count).max()! + 2
        return facts.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }.joined(separator: "\n")
    }
}
