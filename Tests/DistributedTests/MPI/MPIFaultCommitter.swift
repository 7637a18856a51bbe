import Distributed
import Glibc
import Testing

@Suite(.enabled(if: MPIEnvironment.isLaunched && Fault.toCommit != nil, "started by FaultTests"))
struct MPIFaultCommitter {
    @Test func rankTwoCommitsIt() {
        let world = MPIWorld.communicator
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)
        defer { bytes.deallocate() }
        let nothing = UnsafeBufferPointer<Stretch>(start: nil, count: 0)
        if world.rank == 2 {
            switch Fault.toCommit! {
            case .abort: world.abort(66)
            case .exit: exit(65)
            case .truncation:
                withUnsafePointer(to: Stretch(peer: 1, base: bytes, byteCount: 16)) {
                    world.exchange(UnsafeBufferPointer(start: $0, count: 1), nothing)
                }
            }
        } else if world.rank == 1 && Fault.toCommit == .truncation {
            withUnsafePointer(to: Stretch(peer: 2, base: bytes, byteCount: 8)) {
                world.exchange(nothing, UnsafeBufferPointer(start: $0, count: 1))
            }
        }
        world.barrier()
    }
}
