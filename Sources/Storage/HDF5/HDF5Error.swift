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

    /// The function that was called, e.g. `H5Dwrite`.
    let function: String
    /// The innermost failure first.
    let frames: [Frame]

    init(function: String, frames: [Frame]) {
        self.function = function
        self.frames = frames
    }

    /// What a caller found out itself.
    init(function: String, reason: String) {
        self.init(function: function, frames: [Frame(function: function, reason: reason, major: "", minor: "")])
    }

    var description: String {
        guard let frame = frames.first else { return "\(function) failed" }
        let kind = frame.major.isEmpty ? "" : " (\(frame.major): \(frame.minor))"
        return "\(function) failed: \(frame.reason)\(kind)"
    }
}

extension StorageError {
    /// A failure of the HDF5 library as one about a file.
    init(_ kind: Kind, _ doing: String, _ error: HDF5Error) {
        self.init(kind, "\(doing): \(error)")
    }
}
