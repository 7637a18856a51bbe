import Glibc

/// An open file, closed with its owner.
struct FileDescriptor: ~Copyable {
    let number: CInt

    /// `open(2)`; new files get the permissions that the umask leaves.
    init(opening path: String, _ flags: CInt) throws(SystemError) {
        number = try SystemCall.check("open") { Glibc.open(path, flags | O_CLOEXEC, 0o666) }
    }

    deinit {
        _ = Glibc.close(number)
    }

    /// `close(2)`, whose error on a network file system may be a write's. Not retried: the descriptor is gone either way.
    consuming func close() throws(SystemError) {
        let number = number
        discard self
        if Glibc.close(number) == -1 && errno != EINTR { throw SystemError(call: "close", code: errno) }
    }

    /// `fstat(2)`.
    func status() throws(SystemError) -> stat {
        var status = stat()
        try SystemCall.check("fstat") { fstat(number, &status) }
        return status
    }

    /// `read(2)` until `buffer` is full or the file ends; gives the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try SystemCall.check("read") {
                Glibc.read(number, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// `write(2)` until everything is written.
    ///
    /// A file-size limit would kill the process with SIGXFSZ; here it is an error (EFBIG) like a full disk. The signal is
    /// blocked in this thread meanwhile and taken away, so nobody's handlers are touched.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var fileSizeSignal = sigset_t()
        var earlierMask = sigset_t()
        sigemptyset(&fileSizeSignal)
        sigaddset(&fileSizeSignal, SIGXFSZ)
        pthread_sigmask(SIG_BLOCK, &fileSizeSignal, &earlierMask)
        defer {
            var now = timespec()
            _ = sigtimedwait(&fileSizeSignal, nil, &now)
            pthread_sigmask(SIG_SETMASK, &earlierMask, nil)
        }
        var done = 0
        while done < bytes.count {
            done += try SystemCall.check("write") {
                Glibc.write(number, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
            }
        }
    }

    /// `fsync(2)`.
    func synchronize() throws(SystemError) {
        try SystemCall.check("fsync") { fsync(number) }
    }
}
