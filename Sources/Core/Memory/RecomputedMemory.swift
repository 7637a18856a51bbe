import Synchronization

/// Memory for activations that are computed again in the backward pass: chains that recompute are never in the middle of it
/// at the same time, so what they keep lies in the same place.
///
/// The k-th buffer of every chain has the same memory if it is large enough, else it gets some of its own: blocks that are
/// alike take the memory of one. At first all bits are set, which is NaN: nobody can rely on zeros that another chain would
/// have written over.
final class RecomputedMemory: Sendable {
    /// What a chain is allocated with.
    private struct Scope: Sendable {
        /// Where buffers are taken from; nil outside of chains that recompute.
        var taken: RecomputedMemory?
        /// What the next chain that recomputes takes its buffers from.
        var next: RecomputedMemory?
    }

    @TaskLocal private static var scope = Scope()

    private let blocks = Mutex((all: [MemoryBlock](), place: 0))
    /// For chains within these: they recompute while the outer ones' activations are in use.
    private let inner = Mutex(RecomputedMemory?.none)

    /// Gives all chains that `body` allocates the same memory.
    static func sharing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $scope.withValue(Scope(next: RecomputedMemory()), operation: body)
    }

    /// Runs `body`, which allocates one chain.
    static func allocating<Result>(_ body: () throws -> Result) rethrows -> Result {
        let memory = scope.next ?? RecomputedMemory()
        memory.blocks.withLock { $0.place = 0 }
        let inner = memory.inner.withLock { inner in
            if inner == nil { inner = RecomputedMemory() }
            return inner
        }
        return try $scope.withValue(Scope(taken: memory, next: inner), operation: body)
    }

    /// Memory for one buffer of activations; nil where it is not shared.
    static func block(byteCount: Int) -> MemoryBlock? { scope.taken?.block(byteCount: byteCount) }

    private func block(byteCount: Int) -> MemoryBlock {
        blocks.withLock { blocks in
            defer { blocks.place += 1 }
            if blocks.place == blocks.all.count {
                blocks.all.append(MemoryBlock(byteCount: byteCount, kind: .activations, filling: 0xFF))
            } else if blocks.all[blocks.place].byteCount < byteCount {
                blocks.all[blocks.place] = MemoryBlock(byteCount: byteCount, kind: .activations, filling: 0xFF)
            }
            return blocks.all[blocks.place]
        }
    }
}
