/// 64-byte aligned bytes, freed with the last buffer that lies in them.
final class MemoryBlock: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// What a larger block lies in.
    private let region: BlockRegion?
    /// Counted as long as they are there.
    private let entry: MemoryLedger.Entry?

    /// - Parameters:
    ///   - kind: what a `MemoryLedger` counts them as; nil for what the surrounding `MemoryLedger.allocating` says.
    ///   - byte: what every byte is at first.
    init(byteCount: Int, kind: MemoryKind?, filling byte: UInt8 = 0) {
        self.byteCount = byteCount
        if byteCount >= BlockRegion.smallestBlock {
            let place = BlockRegion.place(byteCount: byteCount)
            (region, base) = (place.region, place.base)
        } else {
            region = nil
            base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        }
        base.initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
        entry = MemoryLedger.enter(bytes: byteCount, kind: kind)
    }

    deinit {
        if region == nil { base.deallocate() }
    }
}
