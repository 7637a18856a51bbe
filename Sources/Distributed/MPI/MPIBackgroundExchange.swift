import CMPI

/// Messages that a thread moves while ranks compute (`MPIMover`): `MPI_Irecv` and `MPI_Isend` in a communicator of their own.
final class MPIBackgroundExchange: BackgroundExchange {
    /// The longest message: of this length MPI sends over TCP at once. A longer one waits until its receiver has said that it is
    /// ready, and that answer waits behind all that the receiver sends itself.
    private static var maximumBytes: Int { 60_000 }

    private let communicator: MPICommunicator
    private let mover: MPIMover
    private let requests: MPIRequests
    private let addresses: RankAddresses
    /// Whether the mover works for this exchange.
    private var isUnderWay = false

    /// Returns once every thread of the process has called it.
    private let meet: () -> Void

    /// One rank a process.
    ///
    /// - Parameter communicator: for these messages alone; what `mover` looks after.
    convenience init(_ communicator: MPICommunicator, _ mover: MPIMover) {
        self.init(
            communicator, mover, RankAddresses(processOfRank: Array(0..<communicator.size), rank: communicator.rank)!,
            isCrowded: communicator.isCrowded, waits: communicator.waits, meet: {})
    }

    private init(
        _ communicator: MPICommunicator, _ mover: MPIMover, _ addresses: RankAddresses, isCrowded: Bool,
        waits: WaitCounter, meet: @escaping () -> Void
    ) {
        self.meet = meet
        self.communicator = communicator
        self.mover = mover
        self.addresses = addresses
        requests = MPIRequests(
            wait: MPIWait(isCrowded: isCrowded),
            maximumBytes: min(Self.maximumBytes, communicator.maximumMessageBytes), waits: waits)
    }

    func start(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) {
        for receive in receives {
            requests.receive(
                receive.base, receive.byteCount, from: addresses.processOfRank[receive.peer], communicator.handle,
                tag: addresses.tag(from: receive.peer))
        }
        for send in sends {
            requests.send(
                send.base, send.byteCount, to: addresses.processOfRank[send.peer], communicator.handle,
                tag: addresses.tag(to: send.peer))
        }
        if !isUnderWay { mover.begin() }
        isUnderWay = true
    }

    func finish() {
        // A thread that has failed sends nothing more, and its neighbours wait for it here and not there.
        meet()
        if isUnderWay { mover.end() }
        isUnderWay = false
        requests.wait()
    }

    func ofThread(
        rank: Int, processOfRank: [Int], isCrowded: Bool, waits: WaitCounter, meet: @escaping () -> Void
    ) -> (any BackgroundExchange)? {
        RankAddresses(processOfRank: processOfRank, rank: rank).map {
            MPIBackgroundExchange(communicator, mover, $0, isCrowded: isCrowded, waits: waits, meet: meet)
        }
    }
}

/// Which process each rank is in, and what its messages are told apart by.
private struct RankAddresses {
    let processOfRank: [Int]
    private let threadOfRank: [Int]
    private let threads: Int
    private let own: Int

    /// - Returns: nil for more threads a process than every MPI has tags for, one for any two (MPI 4.0, section 9.1.2).
    init?(processOfRank: [Int], rank: Int) {
        self.processOfRank = processOfRank
        var counts: [Int: Int] = [:]
        threadOfRank = processOfRank.map { process in
            counts[process, default: 0] += 1
            return counts[process]! - 1
        }
        threads = counts.values.max()!
        own = threadOfRank[rank]
        // All but the one that no message has.
        guard threads * threads <= MPICommunicator.unusedTag else { return nil }
    }

    func tag(to peer: Int) -> Int32 { Int32(own * threads + threadOfRank[peer]) }

    func tag(from peer: Int) -> Int32 { Int32(threadOfRank[peer] * threads + own) }
}
