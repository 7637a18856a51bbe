/// The stretches that the threads of one process exchange with other processes, as one exchange of the process.
///
/// The k-th stretch from one process to another has to be the k-th that the other expects from it, so both put them into one
/// order: by the rank that sends, then by the rank that receives, then as those ranks have them.
final class ProcessExchange {
    private let processOfRank: [Int]
    private let own: Range<Int>
    private var outgoing: [Stretch] = []
    private var incoming: [Stretch] = []
    /// The lists of this process's threads, by peer.
    private var sendsByPeer: [StretchesByPeer]
    private var receivesByPeer: [StretchesByPeer]

    init(processOfRank: [Int], own: Range<Int>) {
        self.processOfRank = processOfRank
        self.own = own
        let empty = StretchesByPeer(peers: processOfRank.count)
        sendsByPeer = [StretchesByPeer](repeating: empty, count: own.count)
        receivesByPeer = sendsByPeer
    }

    /// Takes what every thread shows.
    ///
    /// - Complexity: no allocation once as many stretches have been exchanged before.
    func collect(_ group: ThreadGroup) {
        outgoing.removeAll(keepingCapacity: true)
        incoming.removeAll(keepingCapacity: true)
        for thread in 0..<own.count {
            sendsByPeer[thread].sort(group[thread].sends)
            receivesByPeer[thread].sort(group[thread].receives)
        }
        for thread in 0..<own.count {
            for peer in processOfRank.indices where !own.contains(peer) {
                append(group[thread].sends, sendsByPeer[thread], peer, to: &outgoing)
            }
        }
        for peer in processOfRank.indices where !own.contains(peer) {
            for thread in 0..<own.count {
                append(group[thread].receives, receivesByPeer[thread], peer, to: &incoming)
            }
        }
    }

    private func append(
        _ stretches: UnsafeBufferPointer<Stretch>, _ sorted: StretchesByPeer, _ peer: Int, to list: inout [Stretch]
    ) {
        for place in sorted.starts[peer]..<sorted.starts[peer + 1] {
            let stretch = stretches[sorted.order[place]]
            list.append(Stretch(peer: processOfRank[peer], base: stretch.base, byteCount: stretch.byteCount))
        }
    }

    /// Calls `body` with what goes to and comes from other processes.
    func withStretches(
        _ body: (_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>) -> Void
    ) {
        outgoing.withUnsafeBufferPointer { sends in incoming.withUnsafeBufferPointer { body(sends, $0) } }
    }
}

/// The places of a list's stretches, peer by peer, each peer's in the list's order.
private struct StretchesByPeer {
    /// Where each peer's begin in `order`; one more at the end.
    private(set) var starts: [Int]
    private(set) var order: [Int] = []
    private var next: [Int]

    init(peers: Int) {
        starts = [Int](repeating: 0, count: peers + 1)
        next = [Int](repeating: 0, count: peers)
    }

    mutating func sort(_ stretches: UnsafeBufferPointer<Stretch>) {
        for peer in starts.indices { starts[peer] = 0 }
        for stretch in stretches { starts[stretch.peer + 1] += 1 }
        for peer in next.indices {
            starts[peer + 1] += starts[peer]
            next[peer] = starts[peer]
        }
        while order.count < stretches.count { order.append(0) }
        for place in stretches.indices {
            let peer = stretches[place].peer
            order[next[peer]] = place
            next[peer] += 1
        }
    }
}
