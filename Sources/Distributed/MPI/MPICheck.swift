import CMPI
import Glibc

/// The one place that looks at MPI's status codes.
enum MPICheck {
    /// Ends the job with one line if an MPI call failed.
    ///
    /// The job cannot go on after that: MPI promises nothing about what works after an error (MPI 4.0, section 9.3).
    ///
    /// - Parameter action: what was being done, e.g. `send 4096 bytes to rank 3`.
    @inline(__always)
    static func check(_ status: Int32, _ action: @autoclosure () -> String) {
        if status != MPI_SUCCESS { fail(status, action()) }
    }

    @inline(never)
    private static func fail(_ status: Int32, _ action: String) -> Never {
        var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING))
        var length: Int32 = 0
        MPI_Error_string(status, &text, &length)
        let reason = String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: "\n").joined(separator: "; ")
        var rank: Int32 = 0
        if MPIEnvironment.isActive { MPI_Comm_rank(dtrain_mpi_comm_world(), &rank) }
        let line =
            "dtrain: rank \(rank) on \(HostName.current): cannot \(action): \(reason); "
            + "see whether a rank or the network failed, then resume the run\n"
        write(STDERR_FILENO, line, line.utf8.count)
        abortJob(70)
    }

    /// Ends all ranks.
    static func abortJob(_ code: Int32) -> Never {
        fflush(nil)
        if MPIEnvironment.isActive { MPI_Abort(dtrain_mpi_comm_world(), code) }
        _exit(code)
    }
}
