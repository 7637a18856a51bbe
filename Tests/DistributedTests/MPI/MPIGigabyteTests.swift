import Distributed
import Foundation
import Testing

/// Messages longer than MPI's counts can say; they need 5 GB a rank, so they run only when asked for:
/// `DTRAIN_TEST_LARGE=1 launch/test-ranks 2 MPIGigabyte`.
@Suite(
    .enabled(
        if: MPIEnvironment.isLaunched && ProcessInfo.processInfo.environment["DTRAIN_TEST_LARGE"] != nil,
        "needs mpirun, memory and DTRAIN_TEST_LARGE=1"))
struct MPIGigabyteTests {
    private static let byteCount = (1 << 31) + 4097

    /// One byte a page, and the last one.
    private static let marked = Array(stride(from: 0, to: byteCount, by: 4096)) + [byteCount - 1]

    private func fill(_ bytes: UnsafeMutableRawPointer, _ salt: Int) {
        for (number, index) in Self.marked.enumerated() {
            bytes.storeBytes(of: UInt8(truncatingIfNeeded: number / 7 + salt), toByteOffset: index, as: UInt8.self)
        }
    }

    private func holds(_ bytes: UnsafeMutableRawPointer, _ salt: Int) -> Bool {
        Self.marked.enumerated().allSatisfy { number, index in
            bytes.load(fromByteOffset: index, as: UInt8.self) == UInt8(truncatingIfNeeded: number / 7 + salt)
        }
    }

    @Test func messagesOfMoreThanTwoGigabytesArrive() {
        let world = MPIWorld.communicator
        let sent = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 64)
        let received = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 64)
        defer {
            sent.deallocate()
            received.deallocate()
        }
        fill(sent, world.rank)
        let send = Stretch(peer: (world.rank + 1) % world.size, base: sent, byteCount: Self.byteCount)
        let from = (world.rank + world.size - 1) % world.size
        let receive = Stretch(peer: from, base: received, byteCount: Self.byteCount)
        withUnsafePointer(to: send) { send in
            withUnsafePointer(to: receive) {
                world.exchange(UnsafeBufferPointer(start: send, count: 1), UnsafeBufferPointer(start: $0, count: 1))
            }
        }
        #expect(holds(received, from))

        world.broadcast(UnsafeMutableRawBufferPointer(start: sent, count: Self.byteCount), from: world.size - 1)
        #expect(holds(sent, world.size - 1))

        // All bytes of the last rank at rank 0, and back.
        fill(sent, world.rank + 3)
        let counts = (0..<world.size).map { $0 == world.size - 1 ? Self.byteCount : 0 }
        let whole = UnsafeMutableRawBufferPointer(start: received, count: Self.byteCount)
        let own = UnsafeMutableRawBufferPointer(start: sent, count: counts[world.rank])
        world.gather(UnsafeRawBufferPointer(own), counts: counts, into: world.rank == 0 ? whole : nil, at: 0)
        #expect(world.rank != 0 || holds(received, world.size + 2))
        if world.rank == world.size - 1 { fill(sent, 0) }
        world.scatter(world.rank == 0 ? UnsafeRawBufferPointer(whole) : nil, counts: counts, into: own, from: 0)
        #expect(world.rank != world.size - 1 || holds(sent, world.size + 2))
    }
}
