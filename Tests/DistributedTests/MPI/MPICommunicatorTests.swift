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

    /// Ranks that are threads of real processes.
    @Test(arguments: [2, 3])
    func threadsOfProcessesKeepTheContract(threads: Int) throws {
        let violations = try HybridCommunicator.run(over: MPIWorld.communicator, threads: threads) {
            CommunicatorContract.violations(of: $0, largeBytes: 300_001, splitsFreely: $0.processCount == 1)
                + ($0.processCount == MPIWorld.communicator.size ? [] : ["\($0.processCount) processes"])
        }
        #expect(violations.flatMap { $0 } == [] && violations.count == threads)
    }

    /// Every message longer than a thousand bytes in several pieces, as if it were longer than MPI can count; allgathers at
    /// once, and in rounds as many ranks have them.
    @Test(arguments: [1, 64])
    func longMessagesAreCut(directRanks: Int) throws {
        let world = try #require(MPIWorld.communicator as? MPICommunicator)
        let cutting = world.duplicate(maximumMessageBytes: 1000, directRanks: directRanks)
        #expect(CommunicatorContract.violations(of: cutting, largeBytes: 100_001) == [])
    }

    /// What benchmarks compare with: rank r has r + 1 and half of it everywhere.
    @Test func theLibraryAddsFloatsUp() throws {
        let world = try #require(MPIWorld.communicator as? MPICommunicator)
        var values = [Float(world.rank + 1), Float(world.rank + 1) / 2]
        values.withUnsafeMutableBufferPointer { world.libraryAllreduce($0.baseAddress!, count: $0.count) }
        let sum = Float(world.size * (world.size + 1) / 2)
        #expect(values == [sum, sum / 2])
    }

    /// One a collective operation, whatever it moves, and one a round of an allgather; those of a split communicator too.
    @Test func waitsAreCounted() {
        let world = MPIWorld.communicator
        world.waits.naming(.norms) {
            world.barrier()
            _ = world.allgather(world.rank)
            world.split(color: 0, key: 0)!.barrier()
        }
        let rounds = world.size > 8 ? Int.bitWidth - (world.size - 1).leadingZeroBitCount : min(1, world.size - 1)
        #expect(world.waits.count(.norms) == 2 + rounds)
    }

    @Test func knowsItsLibrary() {
        let version = MPIEnvironment.libraryVersion
        #expect(version.contains("Open MPI") || version.contains("MPICH"))
    }
}
