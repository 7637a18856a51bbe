import Glibc
import Storage

/// One side of a comparison: a run's folder, its `run.h5` alone, or a checkpoint.
struct ComparedInput {
    /// As it was given.
    let path: String
    let file: StoredFile
    /// The checkpoints of a run's folder, by step.
    let checkpoints: [Int: String]

    /// Opens what is at `path`.
    ///
    /// - Throws: `noInput`, `badData`.
    init(_ path: String) throws(StorageError) {
        self.path = path
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            file = try StoredFile(path: path)
            checkpoints = [:]
            return
        }
        let folder = RunFolder(path: path)
        file = try StoredFile(path: folder.runFile)
        checkpoints = Dictionary(try folder.checkpoints.entries().map { ($0.step, $0.path) }) { $1 }
    }
}
