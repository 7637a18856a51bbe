import Core
import Distributed
import Storage

/// `dtrain inspect`: the network of a configuration, or what a run or checkpoint holds.
public enum Inspection {
    /// Reads what is asked for, writes the graph's files, and prints the report on rank 0.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on every rank: what is wrong with configuration, data or file, or what cannot be written.
    public static func run(
        _ request: InspectRequest, communicator: any Communicator, print: (String) -> Void
    ) throws {
        switch request.subject {
        case .configuration(let file, let overrides):
            let inputs = try RunInputs(configurationFile: file, overrides: overrides, communicator: communicator)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                let graph = try graph(inputs.configuration, sampleShape: inputs.datasets.train.sampleShape)
                try write(graph, request)
                print(graph.text)
            }
        case .stored(let path, let data):
            try communicator.together {
                guard communicator.rank == 0 else { return }
                print(try report(StoredState(path: path), data: data, request))
            }
        }
    }

    private static func graph(_ configuration: Configuration, sampleShape: Shape) throws -> NetworkGraph {
        NetworkGraph(
            try Network<Float>(configuration.network, inputShape: sampleShape), loss: configuration.loss)
    }

    /// A file is worth its report without the graph, for which the data are needed: they say what comes in.
    private static func report(_ stored: StoredState, data: String?, _ request: InspectRequest) throws -> String {
        let found = Result { try graph(of: stored, data: data) }
        if request.needsGraph || data != nil { _ = try found.get() }
        switch found {
        case .success(let graph):
            try write(graph, request)
            return request.isGraphAlone ? graph.text : "\(stored.description)\n\n\(graph.text)"
        case .failure(let error):
            return "\(stored.description)\n\nThe network is not shown: \(error)"
        }
    }

    /// The network of a stored configuration, on the samples that it was trained on.
    private static func graph(of stored: StoredState, data: String?) throws -> NetworkGraph {
        let configuration = try Configuration(
            yaml: stored.config, file: "the configuration of \(stored.path)",
            overrides: data.map { [.key("data", $0)] } ?? [])
        let hint = "; give the data that it was trained on with --data"
        do {
            let sampleShape: Shape =
                switch configuration.data {
                case .text(let text): [text.length]
                case .bundled, .folder:
                    try RunInputs.datasets(configuration.data, SingleCommunicator()).train.sampleShape
                }
            let graph = try graph(configuration, sampleShape: sampleShape)
            if let mismatch = stored.mismatch(with: graph) {
                throw StorageError(.badData, "reading \(stored.path): \(mismatch)")
            }
            return graph
        } catch let error as ShapeError {
            throw StorageError(.badData, "reading \(stored.path): its network does not fit the data: \(error)\(hint)")
        } catch {
            throw RunFailure(ExitCode(for: error), "\(error)\(hint)")
        }
    }

    private static func write(_ graph: NetworkGraph, _ request: InspectRequest) throws(StorageError) {
        // A drawing is made in a moment, what a run saw is not.
        for path in [request.dot, request.svg].compactMap({ $0 }) where FileSystem.isOfRun(path) {
            throw StorageError(
                .cannotCreate, "writing \(path): it is a file of a run; give the drawing another name")
        }
        if let path = request.dot { try AtomicFile.write(graph.dot, to: path, what: "graph") }
        if let path = request.svg { try AtomicFile.write(graph.svg, to: path, what: "drawing") }
    }
}
