import Core
import Distributed
import Storage

/// Watches that parameters stay what their owners wrote, and that all ranks have the same.
///
/// Who owns a block of parameters hashes it as it writes it (`record`). When the next step is about to overwrite it, or a
/// checkpoint to be written (`verify`), every rank hashes its copy of every block and compares with the owners' hashes: memory
/// that changed meanwhile, and copies that arrived or became different, show. Running statistics, which every rank computes
/// for itself, are compared between ranks. Derivation and limits: Documentation/drift.md.
public final class DriftCheck {
    private let communicator: any Communicator
    private let arena: ParameterArena<Float>
    private let blocks: ParameterBlocks
    private let reduction: any GradientReduction<Float>
    /// The ranks that have one copy of the parameters.
    private let nodes: Nodes
    /// Steps between checks; 0 for none.
    private let every: Int
    /// What `verifyRecorded` found.
    public private(set) var finding: Drift?
    /// Whether `written` is of the present values.
    private var isRecorded = false

    /// The hash of each owned block as it was written.
    private let written: AlignedBuffer<UInt64>
    /// The owners' hashes of all blocks.
    private let allWritten: AlignedBuffer<UInt64>
    /// For each rank, the hash of each of its buffers.
    private let bufferHashes: AlignedBuffer<UInt64>
    private let bufferBytes: [Int]

    init(
        every: Int, communicator: any Communicator, arena: ParameterArena<Float>, blocks: ParameterBlocks,
        reduction: any GradientReduction<Float>, nodes: Nodes
    ) {
        self.every = every
        self.communicator = communicator
        self.arena = arena
        self.blocks = blocks
        self.reduction = reduction
        self.nodes = nodes
        written = AlignedBuffer(count: reduction.owned.blockCount)
        allWritten = AlignedBuffer(count: blocks.blocks.count)
        bufferHashes = AlignedBuffer(count: communicator.size * arena.buffers.count)
        bufferBytes = [Int](
            repeating: arena.buffers.count * MemoryLayout<UInt64>.stride, count: communicator.size)
    }

    /// Hashes the owned parameters if step `step` (from 0) is one after which a check is due: called straight after the
    /// optimiser wrote them.
    ///
    /// - Complexity: reads the owned parameters once, every `every` steps; no allocation.
    func record(step: Int) {
        guard every > 0 else { return }
        isRecorded = false
        if (step + 1) % every == 0 { record() }
    }

    /// Forgets the hashes: the parameters were replaced from elsewhere.
    func forget() {
        isRecorded = false
    }

    /// Compares what was recorded, if anything was, before the parameters are written again; `finding` has the result.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    func verifyRecorded(steps: Int) {
        if isRecorded { finding = finding ?? verify(steps: steps) }
    }

    /// Compares all parameters and buffers over all ranks, and with what was recorded. What was not recorded is now, and
    /// watched until it is written again.
    ///
    /// - Parameter steps: the steps done.
    /// - Returns: nil if all is well or checks are switched off. Of several differences, one in an owner's memory comes first
    ///   (it makes all copies differ), then the first in the arena, then the lowest rank. The same answer on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: reads all parameters once; no allocation where nothing differs.
    public func verify(steps: Int) -> Drift? {
        guard every > 0 else { return nil }
        let wasRecorded = isRecorded
        if !isRecorded { record() }
        return parameterDrift(steps, wasRecorded: wasRecorded) ?? bufferDrift(steps)
    }

    private func record() {
        var i = 0
        for stretch in reduction.owned.stretches {
            for block in stretch.blocks {
                written[i] = hash(block)
                i += 1
            }
        }
        isRecorded = true
    }

    private func hash(_ block: Int) -> UInt64 {
        let range = blocks.blocks[block].range
        return Fingerprint.hash(arena.values + range.lowerBound, count: range.count)
    }

    /// - Parameter wasRecorded: whether the owners' hashes are of what they wrote, not of what they have now.
    private func parameterDrift(_ steps: Int, wasRecorded: Bool) -> Drift? {
        // A hash travels as the 8 bytes that it is; nothing reads it as a number.
        written.base.withMemoryRebound(to: Double.self, capacity: written.count) { owned in
            allWritten.base.withMemoryRebound(to: Double.self, capacity: allWritten.count) { all in
                _ = reduction.allgatherBlocks(owned, into: all, joining: 0, along: nil)
            }
        }
        // A rank that found a difference offers (whether it is in a copy, block); the smallest offer wins. The ranks of a node
        // look at one copy: each at a part of it.
        var offer = UInt64.max
        let size = communicator.size
        let neighbours = nodes.neighbours
        for block in stride(from: nodes.place, to: blocks.blocks.count, by: neighbours.count)
        where hash(block) != allWritten[block] {
            let isOwners = neighbours.contains { blocks.slice(of: $0, of: size).contains(block: block) }
            offer = min(offer, (isOwners ? 0 : 1) << 63 | UInt64(block))
        }
        offer = communicator.allreduce(offer, .minimum)
        guard offer != .max else { return nil }
        let block = Int(offer & ~(1 << 63))
        let range = blocks.blocks[block].range
        let parameter = arena.parameters[blocks.blocks[block].parameter]
        let owner = (0..<size).first { blocks.slice(of: $0, of: size).contains(block: block) }!
        let hashes = communicator.allgather(hash(block))
        let (rank, kind) =
            offer >> 63 == 0
            ? (owner, .changedSinceWritten) : difference(in: hashes, from: owner, isWritten: wasRecorded)
        return Drift(
            kind: kind, tensor: parameter.name,
            elements: (range.lowerBound - parameter.offset)..<(range.upperBound - parameter.offset), rank: rank,
            hostName: communicator.hostNames[rank], step: steps)
    }

    private func bufferDrift(_ steps: Int) -> Drift? {
        let count = arena.buffers.count
        guard count > 0, communicator.size > 1 else { return nil }
        let own = bufferHashes.base + communicator.rank * count
        for (i, buffer) in arena.buffers.enumerated() {
            own[i] = Fingerprint.hash(arena.bufferValues + buffer.offset, count: buffer.count)
        }
        communicator.allgather(
            UnsafeRawBufferPointer(start: own, count: bufferBytes[communicator.rank]), counts: bufferBytes,
            into: UnsafeMutableRawBufferPointer(bufferHashes.elements))
        for (i, buffer) in arena.buffers.enumerated() {
            guard (1..<communicator.size).contains(where: { bufferHashes[$0 * count + i] != bufferHashes[i] }) else {
                continue
            }
            let hashes = (0..<communicator.size).map { bufferHashes[$0 * count + i] }
            let (rank, kind) = difference(in: hashes, from: 0, isWritten: false)
            return Drift(
                kind: kind, tensor: buffer.name, elements: 0..<buffer.count, rank: rank,
                hostName: communicator.hostNames[rank], step: steps)
        }
        return nil
    }

    /// The first rank that does not have what more than half of all have; without such a majority, what `reference` has.
    ///
    /// - Parameters:
    ///   - hashes: every rank's, not all equal.
    ///   - isWritten: whether `reference` has what it wrote: then it is right unless most have something else.
    private func difference(
        in hashes: [UInt64], from reference: Int, isWritten: Bool
    ) -> (rank: Int, kind: Drift.Kind) {
        let accepted = hashes.first { hash in hashes.count { $0 == hash } * 2 > hashes.count }
        let rank = hashes.firstIndex { $0 != accepted ?? hashes[reference] }!
        if isWritten, accepted == nil || accepted == hashes[reference] { return (rank, .copyOfOwner(rank: reference)) }
        if accepted != nil { return (rank, .unlikeMostRanks) }
        return (rank, .unlikeRank(reference, hostName: communicator.hostNames[reference]))
    }
}
