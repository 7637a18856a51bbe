import CMPI
import Glibc

/// The MPI library of this process: started when first asked for, finalised when the process exits.
///
/// Source: MPI 4.0, section 11.2 (the World Model).
public enum MPIEnvironment {
    /// Whether a launcher (mpirun, srun) started this process. Without one, MPI is never initialised: that takes longer than
    /// everything else that a small run does before its first step.
    public static var isLaunched: Bool { MPILaunch.current != nil }

    /// The library's name and version in one line, e.g. `Open MPI v4.1.4`. Works without a launcher, and initialises nothing.
    public static var libraryVersion: String {
        var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
        var length: Int32 = 0
        guard MPI_Get_library_version(&text, &length) == MPI_SUCCESS else { return "unknown MPI" }
        let whole = String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Open MPI goes on after a comma, MPICH in a table after a tab.
        return
            whole.prefix { $0 != "," && $0 != "\n" && $0 != "\0" }.split(separator: "\t").joined(separator: " ")
    }

    /// All ranks of the job; a `SingleCommunicator` without a launcher.
    ///
    /// - Throws: `MPILaunchError` if the launcher belongs to another MPI.
    /// - Important: Collective at the first call.
    public static func world() throws(MPILaunchError) -> any Communicator {
        guard let launch = MPILaunch.current else { return SingleCommunicator() }
        start()
        let world = MPICommunicator.duplicateOfWorld()
        if let launched = launch.size, launched != world.size {
            throw MPILaunchError(launched: launched, seen: world.size, rank: launch.rank, library: libraryVersion)
        }
        return world
    }

    /// Whether MPI was initialised and not yet finalised.
    static var isActive: Bool {
        var initialized: Int32 = 0
        var finalized: Int32 = 0
        MPI_Initialized(&initialized)
        MPI_Finalized(&finalized)
        return initialized != 0 && finalized == 0
    }

    /// Whether MPI may be called from another thread than the one that started it: ranks that are threads need that.
    nonisolated(unsafe) public private(set) static var servesAnyThread = true

    private static func start() {
        var initialized: Int32 = 0
        MPI_Initialized(&initialized)
        guard initialized == 0 else { return }
        var provided: Int32 = 0
        MPICheck.check(MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided), "start MPI")
        servesAnyThread = provided >= Int32(MPI_THREAD_SERIALIZED)
        MPICheck.check(
            MPI_Comm_set_errhandler(dtrain_mpi_comm_world(), dtrain_mpi_errors_return()), "set MPI's error handler")
        on_exit({ status, _ in MPIEnvironment.finish(status) }, nil)
    }

    /// Finalises MPI once every rank exits.
    ///
    /// `MPI_Finalize` waits for all ranks. One that leaves alone with an error would wait there for ever, while the others
    /// wait for it; so if they do not follow within two seconds it ends the job. And a library that does not come back from
    /// `MPI_Finalize` is left after ten.
    private static func finish(_ status: Int32) {
        guard isActive else { return }
        MPILock.keep()
        let requests = MPIRequests(wait: MPIWait(isCrowded: true), maximumBytes: 1)
        requests.barrier(dtrain_mpi_comm(value: dtrain_mpi_comm_world()))
        guard requests.wait(seconds: status == 0 ? .infinity : 2) else {
            MPI_Abort(dtrain_mpi_comm_world(), status)
            return
        }
        // Every rank is done by now. MPICH 4.0.2 over UCX 1.13's TCP may still wait in here for ever, any program's.
        exitStatus = status
        signal(SIGALRM) { _ in _exit(MPIEnvironment.exitStatus) }
        alarm(10)
        MPI_Finalize()
        alarm(0)
    }

    /// What a process ends with that MPI does not let go. Written once, before the signal that reads it.
    nonisolated(unsafe) private static var exitStatus: Int32 = 0
}
