import Glibc

/// What the environment says about how this process was started.
enum MPILaunch {
    /// The ranks that a launcher says it started, and this process's number among them; nil without a launcher.
    ///
    /// Open MPI's mpirun sets OMPI_COMM_WORLD_…, MPICH's Hydra and Slurm's PMI-2 PMI_…, PMIx launchers PMIX_RANK (which says
    /// nothing of the size, so Slurm's step size is asked too).
    static var current: (size: Int?, rank: Int)? {
        if let rank = number("OMPI_COMM_WORLD_RANK") { return (number("OMPI_COMM_WORLD_SIZE"), rank) }
        if let rank = number("PMI_RANK") { return (number("PMI_SIZE"), rank) }
        if let rank = number("PMIX_RANK") { return (number("SLURM_STEP_NUM_TASKS"), rank) }
        // srun without any process-management interface; a batch script itself is step "batch" of one task.
        if let size = number("SLURM_STEP_NUM_TASKS"), size > 1, let rank = number("SLURM_PROCID") {
            return (size, rank)
        }
        return nil
    }

    private static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}

/// The launcher and the MPI library do not know each other: every process would train alone.
///
/// Every process throws it, and none can reach the others: the one with `rank` 0 should print it, and all should exit.
public struct MPILaunchError: Error, CustomStringConvertible, Sendable {
    /// The ranks that the launcher says it started.
    public let launched: Int
    /// The ranks that the library sees.
    public let seen: Int
    /// This process's number among the launched.
    public let rank: Int
    /// The library that dtrain was built with.
    public let library: String

    public var description: String {
        "the launcher started \(launched) processes, but \(library) sees \(seen): use that library's own mpirun, "
            + "or srun --mpi=pmix"
    }
}
