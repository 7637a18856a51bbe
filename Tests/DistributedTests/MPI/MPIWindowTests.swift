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

    /// What a node's ranks share lies in large pages, on every rank, where the kernel makes them of small ones.
    @Test func pagesAreLarge() throws {
        let world = MPIWorld.communicator
        guard world.size > 1, Self.kernelJoinsPages else { return }
        let window = try SharedWindow(
            world, sharedBytes: 5 << 20, bytesOfRank: [Int](repeating: 3 << 20, count: world.size))
        window.part(ofPlace: window.nodes.place).storeBytes(of: 1, as: UInt8.self)
        window.waitForNode()
        for place in window.nodes.neighbours.indices { #expect(window.part(ofPlace: place).load(as: UInt8.self) == 1) }
        for offset in stride(from: 0, to: 5 << 20, by: 4096) { _ = (window.shared + offset).load(as: UInt8.self) }
        #expect(Self.largePages(at: window.shared) >= 4 << 20)
    }

    /// Linux 6.1 and later, unless told otherwise.
    private static var kernelJoinsPages: Bool {
        var name = utsname()
        guard uname(&name) == 0 else { return false }
        let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        let setting = "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
        guard numbers.count == 2, (numbers[0], numbers[1]) >= (6, 1), let file = fopen(setting, "r") else {
            return false
        }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 256)
        return fgets(&text, 256, file) != nil
            && !String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("[deny]")
    }

    /// The bytes in large pages of the mapping around `address`.
    private static func largePages(at address: UnsafeMutableRawPointer) -> Int {
        guard let file = fopen("/proc/self/smaps", "r") else { return 0 }
        defer { fclose(file) }
        var isInside = false
        var text = [CChar](repeating: 0, count: 4096)
        while fgets(&text, 4096, file) != nil {
            let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2 { isInside = (ends[0]..<ends[1]).contains(UInt(bitPattern: address)) }
            if isInside, words[0] == "ShmemPmdMapped:" { return (Int(words[1]) ?? 0) << 10 }
        }
        return 0
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
