import CMPI
import Core

/// The messages under way of one communicator, and the wait for all of them.
///
/// A message longer than `maximumBytes` is cut, since MPI's counts end at 2³¹ − 1; both sides cut alike.
final class MPIRequests {
    /// The longest single message.
    let maximumBytes: Int
    private static var tag: Int32 { 1 }

    private var requests = [dtrain_mpi_request_null()]
    private var statuses = [MPI_Status()]
    private var count = 0
    /// What an allreduce of integers sends; grows to the longest.
    private var integers = AlignedBuffer<UInt64>(count: 0)
    private let waiting: MPIWait
    /// Counts every wait.
    let waits: WaitCounter

    init(wait: MPIWait, maximumBytes: Int, waits: WaitCounter = WaitCounter()) {
        precondition(0 < maximumBytes && maximumBytes <= Int(Int32.max), "messages of \(maximumBytes) bytes")
        waiting = wait
        self.maximumBytes = maximumBytes
        self.waits = waits
    }

    /// Starts receiving `byteCount` bytes of rank `peer`; nothing for 0 bytes.
    func receive(
        _ base: UnsafeMutableRawPointer, _ byteCount: Int, from peer: Int, _ comm: dtrain_mpi_comm, tag: Int32? = nil
    ) {
        var offset = 0
        while offset < byteCount {
            let length = min(byteCount - offset, maximumBytes)
            let index = next()
            MPICheck.check(
                MPI_Irecv(
                    base + offset, Int32(length), dtrain_mpi_byte(), Int32(peer), tag ?? Self.tag, comm.value,
                    &requests[index]),
                "receive \(length) bytes from rank \(peer)")
            offset += length
        }
    }

    /// Starts sending `byteCount` bytes to rank `peer`; nothing for 0 bytes.
    func send(
        _ base: UnsafeRawPointer, _ byteCount: Int, to peer: Int, _ comm: dtrain_mpi_comm, tag: Int32? = nil
    ) {
        var offset = 0
        while offset < byteCount {
            let length = min(byteCount - offset, maximumBytes)
            let index = next()
            MPICheck.check(
                MPI_Isend(
                    base + offset, Int32(length), dtrain_mpi_byte(), Int32(peer), tag ?? Self.tag, comm.value,
                    &requests[index]),
                "send \(length) bytes to rank \(peer)")
            offset += length
        }
    }

    /// Starts a barrier.
    func barrier(_ comm: dtrain_mpi_comm) {
        let index = next()
        MPICheck.check(MPI_Ibarrier(comm.value, &requests[index]), "start a barrier")
    }

    /// Starts the broadcast of at most `maximumBytes` bytes.
    func broadcast(_ base: UnsafeMutableRawPointer, _ byteCount: Int, from root: Int, _ comm: dtrain_mpi_comm) {
        let index = next()
        MPICheck.check(
            MPI_Ibcast(base, Int32(byteCount), dtrain_mpi_byte(), Int32(root), comm.value, &requests[index]),
            "broadcast \(byteCount) bytes from rank \(root)")
    }

    /// Starts an allreduce of at most `maximumBytes` bytes; a minimum or maximum is one of signed integers.
    ///
    /// Not in place as MPI knows it: Open MPI 4.1 takes that through one rank.
    func allreduce(
        _ base: UnsafeMutablePointer<UInt64>, _ length: Int, _ operation: IntegerReduction, _ comm: dtrain_mpi_comm
    ) {
        let index = next()
        if integers.count < length { integers = AlignedBuffer(count: length, kind: .reduction) }
        integers.base.update(from: base, count: length)
        let (type, operation) =
            switch operation {
            case .sum: (dtrain_mpi_uint64(), dtrain_mpi_sum())
            case .minimum: (dtrain_mpi_int64(), dtrain_mpi_min())
            case .maximum: (dtrain_mpi_int64(), dtrain_mpi_max())
            }
        MPICheck.check(
            MPI_Iallreduce(
                integers.base, base, Int32(length), type, operation, comm.value, &requests[index]),
            "reduce \(length) integers")
    }

    /// Waits for everything that was started.
    func wait() {
        _ = wait(seconds: .infinity)
    }

    /// Waits for everything that was started, but not longer than `seconds`.
    ///
    /// - Returns: whether it is done.
    func wait(seconds: Double) -> Bool {
        guard count > 0 else { return true }
        let done = waits.measure {
            waiting.wait(seconds: seconds) {
                var flag: Int32 = 0
                MPICheck.check(
                    MPI_Testall(Int32(count), &requests, &flag, &statuses), statuses: statuses,
                    "finish \(count) messages")
                return flag != 0
            }
        }
        if done { count = 0 }
        return done
    }

    /// A free place; allocates only when more messages than ever before are under way.
    private func next() -> Int {
        if count == requests.count {
            requests.append(dtrain_mpi_request_null())
            statuses.append(MPI_Status())
        }
        count += 1
        return count - 1
    }
}
