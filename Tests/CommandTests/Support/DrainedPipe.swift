import Foundation
import Glibc
import Synchronization

/// A pipe whose read end a thread of its own empties as it fills.
final class DrainedPipe: Sendable {
    /// For the program that writes; closed here once it runs.
    let writeEnd: Int32
    private let readEnd: Int32
    private let contents = Mutex<(bytes: [UInt8], isAtEnd: Bool)>(([], false))

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
        // Not inherited, or a program started meanwhile would hold the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
    }

    /// Closes the write end and reads until nobody holds it any more.
    func drain() {
        close(writeEnd)
        Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(readEnd, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { break }
                contents.withLock { $0.bytes += buffer[..<count] }
            }
            contents.withLock { $0.isAtEnd = true }
        }.start()
    }

    var isAtEnd: Bool { contents.withLock { $0.isAtEnd } }
    var text: String { String(decoding: contents.withLock { $0.bytes }, as: UTF8.self) }
}
