import Distributed

/// What every kind of communicator must do, as one collective routine: each rank runs it and returns what it found wrong.
///
/// It returns instead of failing on the spot, because a rank that stopped would leave the others waiting.
final class CommunicatorContract {
    private let communicator: any Communicator
    private var violations: [String] = []

    private var rank: Int { communicator.rank }
    private var size: Int { communicator.size }

    /// - Parameters:
    ///   - largeBytes: the length of a large message.
    ///   - splitsFreely: false where the ranks that may come together are limited.
    static func violations(
        of communicator: any Communicator, largeBytes: Int = 3_000_001, splitsFreely: Bool = true
    ) -> [String] {
        let contract = CommunicatorContract(communicator: communicator)
        contract.describesItself()
        for _ in 0..<3 {
            contract.broadcasts(largeBytes: largeBytes)
            contract.reduces()
            contract.gathersAndScatters(largeBytes: largeBytes)
            contract.exchanges(largeBytes: largeBytes)
            communicator.barrier()
        }
        if splitsFreely { contract.splits() }
        contract.agrees()
        return contract.violations
    }

    private init(communicator: any Communicator) { self.communicator = communicator }

    private func require(_ condition: Bool, _ what: @autoclosure () -> String) {
        if !condition { violations.append("rank \(rank) of \(size): \(what())") }
    }

    /// Byte `index` of the message `message` of `rank`.
    private static func byte(_ rank: Int, _ message: Int, _ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: rank &* 37 &+ message &* 101 &+ index &* 7 &+ (index >> 8))
    }

    private static func bytes(_ rank: Int, _ message: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { byte(rank, message, $0) }
    }

    private func describesItself() {
        require(0 <= rank && rank < size, "the rank is out of range")
        require(communicator.hostNames.count == size, "\(communicator.hostNames.count) host names")
        require(!communicator.hostNames.contains(""), "an empty host name")
        require(communicator.allgather(rank) == Array(0..<size), "ranks are not 0 to size - 1 in order")
    }

    private func broadcasts(largeBytes: Int) {
        for root in 0..<size {
            for count in [0, 1, 1000, largeBytes] {
                let expected = Self.bytes(root, count, count)
                var buffer = rank == root ? expected : [UInt8](repeating: 0, count: count)
                buffer.withUnsafeMutableBytes { communicator.broadcast($0, from: root) }
                require(buffer == expected, "broadcast of \(count) bytes from \(root)")
            }
            let text = "größe \(root)"
            require(communicator.broadcast(rank == root ? text : nil, from: root) == text, "broadcast of a text")
            require(communicator.broadcast(rank == root ? "" : nil, from: root).isEmpty, "broadcast of an empty text")
        }
    }

    private func reduces() {
        let values = (0..<1000).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
        func reduced(_ operation: IntegerReduction) -> [UInt64] {
            var mine = values.map { $0 &* UInt64(rank + 1) }
            mine.withUnsafeMutableBufferPointer { communicator.allreduce($0, operation) }
            return mine
        }
        let all = values.map { value in (0..<size).map { value &* UInt64($0 + 1) } }
        require(reduced(.sum) == all.map { $0.reduce(0, &+) }, "sum")
        require(reduced(.minimum) == all.map { $0.min()! }, "minimum")
        require(reduced(.maximum) == all.map { $0.max()! }, "maximum")
        communicator.allreduce(UnsafeMutableBufferPointer(start: nil, count: 0), .sum)
        require(communicator.allreduce(UInt64(rank), .maximum) == UInt64(size - 1), "maximum of one value")
    }

    private func gathersAndScatters(largeBytes: Int) {
        let uneven = (0..<size).map { ($0 * 13) % 5 * 11 }
        let fromLast = (0..<size).map { $0 == size - 1 ? largeBytes : 0 }
        for counts in [uneven, fromLast, [Int](repeating: 0, count: size), [Int](repeating: 4096, count: size)] {
            let mine = Self.bytes(rank, 1, counts[rank])
            let all = (0..<size).flatMap { Self.bytes($0, 1, counts[$0]) }
            for root in 0..<size {
                var gathered = [UInt8](repeating: 0, count: all.count)
                gathered.withUnsafeMutableBytes { gathered in
                    mine.withUnsafeBytes {
                        communicator.gather($0, counts: counts, into: rank == root ? gathered : nil, at: root)
                    }
                }
                require(gathered == all || rank != root, "gather of \(counts) at \(root)")
                var received = [UInt8](repeating: 0, count: counts[rank])
                received.withUnsafeMutableBytes { received in
                    all.withUnsafeBytes {
                        communicator.scatter(rank == root ? $0 : nil, counts: counts, into: received, from: root)
                    }
                }
                require(received == mine, "scatter of \(counts) from \(root)")
            }
            var everything = [UInt8](repeating: 0, count: all.count)
            everything.withUnsafeMutableBytes { everything in
                mine.withUnsafeBytes { communicator.allgather($0, counts: counts, into: everything) }
            }
            require(everything == all, "allgather of \(counts)")
            require(
                communicator.allgather(mine) == (0..<size).map { Self.bytes($0, 1, counts[$0]) }, "allgather of arrays")
            let pieces = communicator.gather(mine, at: size - 1)
            require((pieces == nil) == (rank != size - 1), "gather of arrays gives the wrong rank a result")
            require(pieces.map { $0.flatMap { $0 } == all } ?? true, "gather of arrays")
        }
    }

    private func exchanges(largeBytes: Int) {
        // Rank a sends b (a + b) % 3 stretches, the k-th of ((a·7 + b·5 + k·3) % 4)·1000 bytes; the last rank sends rank 0 a large one.
        func lengths(_ from: Int, _ to: Int) -> [Int] {
            let small = (0..<((from + to) % 3)).map { ((from * 7 + to * 5 + $0 * 3) % 4) * 1000 }
            return from == size - 1 && to == 0 ? small + [largeBytes] : small
        }
        var outgoing: [(peer: Int, bytes: [UInt8])] = []
        var incoming: [(peer: Int, bytes: [UInt8])] = []
        // Peers in different orders on both sides, each peer's stretches interleaved with the others'.
        for k in 0..<4 {
            for distance in 0..<size {
                let to = (rank + distance) % size
                if k < lengths(rank, to).count { outgoing.append((to, Self.bytes(rank, k, lengths(rank, to)[k]))) }
                let from = (rank + size - distance) % size
                if k < lengths(from, rank).count {
                    incoming.append((from, Self.bytes(from, k, lengths(from, rank)[k])))
                }
            }
        }
        let sends = outgoing.map { item in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: item.bytes.count, alignment: 1)
            memory.copyBytes(from: item.bytes)
            return Stretch(peer: item.peer, base: memory.baseAddress!, byteCount: item.bytes.count)
        }
        let receives = incoming.map { item in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: item.bytes.count, alignment: 1)
            memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
            return Stretch(peer: item.peer, base: memory.baseAddress!, byteCount: item.bytes.count)
        }
        sends.withUnsafeBufferPointer { sends in receives.withUnsafeBufferPointer { communicator.exchange(sends, $0) } }
        for (stretch, item) in zip(receives, incoming) {
            let bytes = UnsafeRawBufferPointer(start: stretch.base, count: stretch.byteCount)
            require(bytes.elementsEqual(item.bytes), "exchange: \(item.bytes.count) bytes of rank \(item.peer)")
        }
        for stretch in sends + receives { stretch.base.deallocate() }
        let nothing = UnsafeBufferPointer<Stretch>(start: nil, count: 0)
        communicator.exchange(nothing, nothing)
    }

    private func splits() {
        // Odd and even ranks apart, in reverse order.
        let half = communicator.split(color: rank % 2, key: -rank)
        let members = Array((0..<size).filter { $0 % 2 == rank % 2 }.reversed())
        require(half?.size == members.count && half.map { members[$0.rank] } == rank, "split by parity")
        require(half?.allgather(rank) == members, "an allgather in a part")
        require(half?.hostNames == members.map { communicator.hostNames[$0] }, "the host names of a part")
        // Rank 0 alone takes part; the others still can use the whole afterwards.
        let first = communicator.split(color: rank == 0 ? 5 : nil, key: 0)
        require((first == nil) == (rank != 0), "split with nil colors")
        require((first?.size ?? 1) == 1, "a part of one rank")
        require(communicator.allreduce(1, .sum) == UInt64(size), "the whole after a split")
        // A part of a part.
        let quarter = half?.split(color: half!.rank / 2, key: 0)
        require(quarter?.allgather(rank) == Array(members[(half!.rank / 2 * 2)...].prefix(2)), "a part of a part")
    }

    private func agrees() {
        require(communicator.disagreeing([1, 2, 3]) == nil, "all agree, but one is said to differ")
        for odd in 0..<size where size > 1 {
            let found = communicator.disagreeing(rank == odd ? [9] : [1, 2, 3])
            // Of two ranks nobody can tell which is wrong: rank 0 counts as right.
            require(found?.rank == (size == 2 ? 1 : odd), "rank \(odd) differs, found \(String(describing: found))")
            require(found.map { $0.hostName == communicator.hostNames[$0.rank] } ?? false, "the host of rank \(odd)")
        }
    }
}
