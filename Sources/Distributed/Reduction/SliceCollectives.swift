import Core

/// What ranks collect of the slices that each of them owns: a number a block at every rank, a state at rank 0 and back.
final class SliceCollectives {
    private let communicator: any Communicator
    /// For each rank, what it owns.
    private let slices: [OwnedSlice]
    /// For each rank, the bytes of a number a block and one more, and those of the message at hand.
    private let blockBytes: [Int]
    private var messageBytes: [Int]
    /// The numbers of one's own blocks, and of all ranks', each rank's followed by one more and by what goes along; they grow to
    /// the longest.
    private var ownMessage: AlignedBuffer<UInt8>
    private var allMessages: AlignedBuffer<UInt8>
    private let outgoing: StretchList
    private let incoming: StretchList

    /// - Parameter slices: for each rank, what it owns.
    init(_ communicator: any Communicator, _ slices: [OwnedSlice]) {
        self.communicator = communicator
        self.slices = slices
        blockBytes = slices.map { ($0.blockCount + 1) * MemoryLayout<Double>.stride }
        messageBytes = blockBytes
        ownMessage = AlignedBuffer(count: blockBytes[communicator.rank])
        allMessages = AlignedBuffer(count: blockBytes.reduce(0, +))
        let all = slices.reduce(0) { $0 + $1.stretches.count }
        outgoing = StretchList(capacity: all)
        incoming = StretchList(capacity: all)
    }

    private var owned: OwnedSlice { slices[communicator.rank] }

    /// As `GradientReduction.allgatherBlocks`.
    func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64 {
        let rank = communicator.rank
        var total = 0
        for rank in 0..<communicator.size {
            messageBytes[rank] = blockBytes[rank] + (bytes?.counts[rank] ?? 0)
            total += messageBytes[rank]
        }
        if ownMessage.count < messageBytes[rank] {
            ownMessage = AlignedBuffer(count: messageBytes[rank], kind: .reduction)
        }
        if allMessages.count < total { allMessages = AlignedBuffer(count: total, kind: .reduction) }
        let own = UnsafeMutableRawPointer(ownMessage.base)
        let flagsOffset = blockBytes[rank] - MemoryLayout<Double>.stride
        own.copyMemory(from: owned, byteCount: flagsOffset)
        own.storeBytes(of: flags, toByteOffset: flagsOffset, as: UInt64.self)
        if let bytes, let base = bytes.own.baseAddress {
            (own + blockBytes[rank]).copyMemory(from: base, byteCount: bytes.own.count)
        }
        communicator.allgather(
            UnsafeRawBufferPointer(start: own, count: messageBytes[rank]), counts: messageBytes,
            into: UnsafeMutableRawBufferPointer(start: allMessages.base, count: total))
        var joined: UInt64 = 0
        var next = UnsafeMutableRawPointer(allMessages.base)
        var along = 0
        for rank in 0..<communicator.size {
            var numbers = next
            for stretch in slices[rank].stretches {
                let byteCount = stretch.blocks.count * MemoryLayout<Double>.stride
                UnsafeMutableRawPointer(all + stretch.blocks.lowerBound).copyMemory(from: numbers, byteCount: byteCount)
                numbers += byteCount
            }
            joined |= numbers.loadUnaligned(as: UInt64.self)
            if let bytes, let target = bytes.all.baseAddress {
                (target + along).copyMemory(from: next + blockBytes[rank], byteCount: bytes.counts[rank])
                along += bytes.counts[rank]
            }
            next += messageBytes[rank]
        }
        return joined
    }

    /// As `GradientReduction.gather`.
    func gather<Scalar>(_ slice: UnsafePointer<Scalar>, into whole: UnsafeMutablePointer<Scalar>?) {
        precondition((communicator.rank == 0) == (whole != nil), "a slice is gathered at rank 0 and nowhere else")
        outgoing.removeAll()
        incoming.removeAll()
        for stretch in owned.stretches {
            outgoing.append(0, stretch.origin(in: UnsafeMutablePointer(mutating: slice)), stretch.elements)
        }
        if let whole {
            for peer in 0..<communicator.size {
                for stretch in slices[peer].stretches { incoming.append(peer, whole, stretch.elements) }
            }
        }
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }

    /// As `GradientReduction.scatter`.
    func scatter<Scalar>(_ whole: UnsafePointer<Scalar>?, into slice: UnsafeMutablePointer<Scalar>) {
        precondition((communicator.rank == 0) == (whole != nil), "rank 0 scatters a slice and nobody else")
        outgoing.removeAll()
        incoming.removeAll()
        if let whole {
            for peer in 0..<communicator.size {
                for stretch in slices[peer].stretches {
                    outgoing.append(peer, UnsafeMutablePointer(mutating: whole), stretch.elements)
                }
            }
        }
        for stretch in owned.stretches { incoming.append(0, stretch.origin(in: slice), stretch.elements) }
        communicator.exchange(outgoing.stretches, incoming.stretches)
    }
}
