import CMPI

/// Messages that a thread moves while ranks compute (`MPIMover`): `MPI_Irecv` and `MPI_Isend` in a communicator of their own.
final class MPIBackgroundExchange: BackgroundExchange {
    /// The longest message: of this length MPI sends at once. A longer one waits until its receiver has said that it is ready, and
    /// over TCP that answer waits behind all that the receiver sends itself.
    private static var maximumBytes: Int { 60_000 }

    private let communicator: MPICommunicator
    private let mover: MPIMover
    private let requests: MPIRequests
    private let addresses: RankAddresses
    /// Whether the mover works for this exchange.
    private var isUnderWay = false

    /// One rank a process.
    ///
    /// - Parameter communicator: for these messages alone.
    /// - Throws: where the system has no thread left.
    convenience init(_ communicator: MPICommunicator) throws(ThreadError) {
        self.init(
            communicator, try MPIMover(communicator),
            RankAddresses(processOfRank: Array(0..<communicator.size), rank: communicator.rank),
            isCrowded: communicator.isCrowded, waits: communicator.waits)
    }

    private init(
        _ communicator: MPICommunicator, _ mover: MPIMover, _ addresses: RankAddresses, isCrowded: Bool,
        waits: WaitCounter
    ) {
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
        if isUnderWay { mover.end() }
        isUnderWay = false
        requests.wait()
    }

    func ofThread(
        rank: Int, processOfRank: [Int], isCrowded: Bool, waits: WaitCounter
    ) -> any BackgroundExchange {
        MPIBackgroundExchange(
            communicator, mover, RankAddresses(processOfRank: processOfRank, rank: rank), isCrowded: isCrowded,
            waits: waits)
    }
}

/// Which process each rank is in, and what its messages are told apart by.
private struct RankAddresses {
    let processOfRank: [Int]
    private let threadOfRank: [Int]
    private let threads: Int
    private let own: Int

    init(processOfRank: [Int], rank: Int) {
        self.processOfRank = processOfRank
        var counts: [Int: Int] = [:]
        threadOfRank = processOfRank.map { process in
            counts[process, default: 0] += 1
            return counts[process]! - 1
        }
        threads = counts.values.max()!
        own = threadOfRank[rank]
    }

    func tag(to peer: Int) -> Int32 { Int32(own * threads + threadOfRank[peer]) }

    func tag(from peer: Int) -> Int32 { Int32(threadOfRank[peer] * threads + own) }
}
