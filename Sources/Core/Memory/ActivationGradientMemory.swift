import Synchronization

/// Memory for activation gradients. What a layer keeps of them is of use during its backward pass alone, so layers of one chain,
/// which take their turns, have theirs in the same place: the more so as that stays in the caches.
///
/// At first all bits are set, which is NaN: nobody can rely on zeros that another layer would have written over.
final class ActivationGradientMemory: Sendable {
    /// What buffers are taken from; nil outside of a network.
    @TaskLocal private static var current: ActivationGradientMemory?

    /// The blocks of the layer at hand and of the chains around it, and those of the layers before, which are free again.
    private let blocks = Mutex((taken: [MemoryBlock](), free: [MemoryBlock]()))

    /// Runs `body`, which allocates a network.
    static func sharing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $current.withValue(ActivationGradientMemory(), operation: body)
    }

    /// Runs `body`, which allocates what takes its turn with what is allocated after it.
    static func takingTurns(_ body: () -> Void) {
        guard let current else { return body() }
        let before = current.blocks.withLock { $0.taken.count }
        body()
        current.blocks.withLock {
            $0.free += $0.taken[before...]
            $0.taken.removeSubrange(before...)
        }
    }

    /// Memory for one buffer: the smallest free block that is large enough, else a new one. Nil where it is not shared.
    static func block(byteCount: Int) -> MemoryBlock? {
        current?.blocks.withLock { blocks in
            let fitting = blocks.free.indices.filter { blocks.free[$0].byteCount >= byteCount }
            let block =
                fitting.min { blocks.free[$0].byteCount < blocks.free[$1].byteCount }.map { blocks.free.remove(at: $0) }
                ?? MemoryBlock(byteCount: byteCount, kind: .activationGradients, filling: 0xFF)
            blocks.taken.append(block)
            return block
        }
    }
}
