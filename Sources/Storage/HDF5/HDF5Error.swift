/// A call of the HDF5 library that failed, with the library's own account of why.
struct HDF5Error: Error, CustomStringConvertible, Sendable {
    /// One level of the library's error stack.
    struct Frame: Sendable {
        /// The function inside the library.
        let function: String
        /// What it says went wrong.
        let reason: String
        /// The part of the library, e.g. `Dataset`.
        let major: String
        /// The kind of failure, e.g. `Write failed`.
        let minor: String
    }

    /// What went wrong, in one line.
    let description: String
    /// The library's error stack, the innermost failure first; empty where the library found nothing wrong.
    let frames: [Frame]

    /// A call of `function`, e.g. `H5Dwrite`, that failed.
    init(function: String, frames: [Frame]) {
        let cause = frames.first.map { ": \($0.reason) (\($0.major): \($0.minor))" } ?? ""
        description = "\(function) failed\(cause)"
        self.frames = frames
    }

    /// Something in a file that is not as it should be, though the library can read it.
    init(_ found: String) {
        description = found
        frames = []
    }
}

extension StorageError {
    /// A failure of the HDF5 library as one about a file.
    init(_ kind: Kind, _ doing: String, _ error: HDF5Error) {
        self.init(kind, "\(doing): \(error)")
    }
}
