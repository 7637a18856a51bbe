import CSystem

/// 64-byte aligned bytes, freed with the last buffer that lies in them.
final class MemoryBlock: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// Counted as long as they are there.
    private let entry: MemoryLedger.Entry?

    /// - Parameters:
    ///   - kind: what a `MemoryLedger` counts them as; nil for what the surrounding `MemoryLedger.allocating` says.
    ///   - byte: what every byte is at first.
    init(byteCount: Int, kind: MemoryKind?, filling byte: UInt8 = 0) {
        self.byteCount = byteCount
        base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        if byteCount >= 4 << 20 { dtrain_prefer_huge_pages(base, byteCount) }
        base.initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
        entry = MemoryLedger.enter(bytes: byteCount, kind: kind)
    }

    deinit { base.deallocate() }
}
