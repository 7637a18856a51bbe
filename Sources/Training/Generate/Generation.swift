import Core
import Distributed
import Glibc
import Storage

/// Goes on with a text, byte by byte.
public enum Generation {
    /// Writes the prompt and what follows, each byte as it is chosen. Rank 0 does it, the others wait.
    ///
    /// - Parameters:
    ///   - note: told of damaged checkpoints that are passed over.
    ///   - write: on rank 0.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on all ranks.
    public static func run(
        _ request: GenerateRequest, communicator: any Communicator, note: (String) -> Void,
        write: ([UInt8]) throws -> Void
    ) throws {
        try communicator.together {
            guard communicator.rank == 0 else { return }
            try FloatingPointEnvironment.check()
            let (checkpoint, path) = try checkpoint(at: request.path, note: note)
            try run(request, TextPredictor(checkpoint, path: path), write: write)
        }
    }

    private static func run(
        _ request: GenerateRequest, _ predictor: TextPredictor, write: ([UInt8]) throws -> Void
    ) throws {
        try write(request.prompt)
        var text = request.prompt
        for _ in 0..<request.length {
            let outputs = predictor.outputs(after: text)
            guard outputs.allSatisfy(\.isFinite) else {
                throw RunFailure(
                    .failed, "generating from \(request.path): after \(text.count) bytes an output is no number")
            }
            text.append(request.choice.byte(outputs, position: text.count))
            try write([text[text.count - 1]])
        }
    }

    /// The checkpoint that `path` is, or the last good one of the run that it is.
    private static func checkpoint(at path: String, note: (String) -> Void) throws -> (Checkpoint, path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return (try Checkpoint.read(path), path)
        }
        guard RunFolder.holdsRun(path: path) else {
            throw StorageError(.noInput, "generating from \(path): there is no run (it has no status)")
        }
        let latest = try RunFolder(path: path).checkpoints.latestValid {
            note("passing over a damaged checkpoint: \($0)")
        }
        guard let latest else {
            throw RunFailure(.noInput, "cannot generate from \(path): it has no checkpoint yet")
        }
        return (latest.checkpoint, latest.entry.path)
    }
}
