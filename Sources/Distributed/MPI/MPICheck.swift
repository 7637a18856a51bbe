import CMPI
import Glibc

/// The one place that calls MPI's operations and looks at their status codes.
enum MPICheck {
    /// Makes an MPI call, and ends the job with one line if it failed.
    ///
    /// The job cannot go on after that: MPI promises nothing about what works after an error (MPI 4.0, section 9.3).
    ///
    /// - Parameters:
    ///   - action: what was being done, e.g. `send 4096 bytes to rank 3`.
    ///   - statuses: those of a call that finishes several requests: they say which failed, and why.
    @inline(__always)
    static func check(
        _ call: @autoclosure () -> Int32, statuses: @autoclosure () -> [MPI_Status] = [],
        _ action: @autoclosure () -> String
    ) {
        MPILock.with {
            let code = call()
            if code != MPI_SUCCESS { fail(code, statuses(), action()) }
        }
    }

    @inline(never)
    private static func fail(_ code: Int32, _ statuses: [MPI_Status], _ action: String) -> Never {
        let failed = statuses.first { $0.MPI_ERROR != MPI_SUCCESS && errorClass($0.MPI_ERROR) != MPI_ERR_PENDING }
        let reason =
            if let failed, errorClass(code) == MPI_ERR_IN_STATUS {
                "\(text(failed.MPI_ERROR)) in a message of rank \(failed.MPI_SOURCE)"
            } else {
                text(code)
            }
        var rank: Int32 = 0
        if MPIEnvironment.isActive { MPI_Comm_rank(dtrain_mpi_comm_world(), &rank) }
        let line =
            "dtrain: rank \(rank) on \(HostName.current): cannot \(action): \(reason); "
            + "see whether a rank or the network failed, then resume the run\n"
        write(STDERR_FILENO, line, line.utf8.count)
        abortJob(70)
    }

    private static func errorClass(_ code: Int32) -> Int32 {
        var result: Int32 = 0
        return MPI_Error_class(code, &result) == MPI_SUCCESS ? result : code
    }

    private static func text(_ code: Int32) -> String {
        var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING))
        var length: Int32 = 0
        guard MPI_Error_string(code, &text, &length) == MPI_SUCCESS else { return "MPI error \(code)" }
        return String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: "\n").joined(separator: "; ")
    }

    /// Ends all ranks.
    ///
    /// The launcher may drop what a rank printed just before: it gets a moment to pass it on. What the library itself says
    /// about the abort would only hide it.
    static func abortJob(_ code: Int32) -> Never {
        MPILock.keep()
        fflush(nil)
        if MPIEnvironment.isActive {
            usleep(100_000)
            dup2(open("/dev/null", O_WRONLY), STDERR_FILENO)
            MPI_Abort(dtrain_mpi_comm_world(), code)
        }
        _exit(code)
    }
}
