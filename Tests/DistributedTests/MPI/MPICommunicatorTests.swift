import Distributed
import Testing

/// The ranks of the `mpirun` that started the tests.
enum MPIWorld {
    /// Tests under mpirun run one after the other.
    nonisolated(unsafe) static let communicator: any Communicator = try! MPIEnvironment.world()
}

@Suite(.enabled(if: MPIEnvironment.isLaunched, "needs mpirun: launch/test-ranks"), .serialized)
struct MPICommunicatorTests {
    @Test func processesKeepTheContract() {
        #expect(CommunicatorContract.violations(of: MPIWorld.communicator) == [])
    }

    /// Every message longer than a thousand bytes in several pieces, as if it were longer than MPI can count.
    @Test func longMessagesAreCut() throws {
        let world = try #require(MPIWorld.communicator as? MPICommunicator)
        let cutting = world.duplicate(maximumMessageBytes: 1000)
        #expect(CommunicatorContract.violations(of: cutting, largeBytes: 100_001) == [])
    }

    @Test func knowsItsLibrary() {
        let version = MPIEnvironment.libraryVersion
        #expect(version.contains("Open MPI") || version.contains("MPICH"))
    }
}
