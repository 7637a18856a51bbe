import Distributed
import Glibc
import Testing

@Suite(.enabled(if: MPIEnvironment.isLaunched, "needs mpirun: launch/test-ranks"), .serialized)
struct MPIWindowTests {
    @Test func collectivesKeepTheContract() {
        #expect(WindowScenario.contractViolations(of: MPIWorld.communicator) == [])
    }

    @Test(arguments: [true, false])
    func partsAreSeenByNeighboursAlone(isShared: Bool) {
        #expect(WindowScenario.memoryViolations(of: MPIWorld.communicator, isShared: isShared) == [])
    }

    @Test func nobodyPassesAWaitAlone() {
        #expect(WindowScenario.waitViolations(of: MPIWorld.communicator, rounds: 5000) == [])
    }

    /// More than /dev/shm has is an error on every rank, which says where and how much, and leaves nothing there.
    @Test func tooMuchIsRefused() {
        let world = MPIWorld.communicator
        guard world.size > 1 else { return }
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0, status.f_blocks > 0 else { return }
        let tooMuch = Int(status.f_blocks * UInt(status.f_frsize)) + 1
        do {
            _ = try SharedWindow(
                world, sharedBytes: tooMuch, bytesOfRank: [Int](repeating: 0, count: world.size))
            Issue.record("\(tooMuch) bytes of shared memory were given")
        } catch {
            #expect(error.description.contains(world.hostNames[0]), "\(error)")
            #expect(error.description.contains("bytes of shared memory (/dev/shm has "), "\(error)")
        }
        world.barrier()
        #expect(!Self.names.contains { $0.hasPrefix("dtrain-\(getpid())-") })
    }

    /// What is in /dev/shm.
    private static var names: [String] {
        guard let folder = opendir("/dev/shm") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            withUnsafeBytes(of: &entry.pointee.d_name) {
                names.append(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names
    }
}
