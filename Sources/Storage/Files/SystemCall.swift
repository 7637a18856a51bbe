import Glibc

/// A system call that failed.
struct SystemError: Error, CustomStringConvertible {
    /// The call, e.g. `write`.
    let call: String
    let code: CInt

    /// The operating system's words for the code, e.g. `No space left on device`.
    var reason: String {
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    var description: String { "\(call): \(reason)" }

    /// Whether it says that the input is not there or may not be read.
    var isMissingInput: Bool { [ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG].contains(code) }
}

enum SystemCall {
    /// The only place where −1 becomes an error. A call interrupted by a signal is made again.
    @discardableResult
    static func check<Result: BinaryInteger>(_ name: String, _ call: () -> Result) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw SystemError(call: name, code: code) }
        }
    }
}
