import CSystem

/// Memory for training: capacity fixed when made, 64-byte aligned, zero-filled, freed with its owner.
///
/// Sixty-four bytes past the end are readable, so that a vector load that begins at the last element stays inside.
public final class AlignedBuffer<Element: BitwiseCopyable> {
    /// The first element.
    public let base: UnsafeMutablePointer<Element>
    /// The number of elements.
    public let count: Int
    /// Counted as long as it is there.
    private let entry: MemoryLedger.Entry?

    /// The bytes readable past the last element.
    static var slack: Int { 64 }

    /// - Parameter kind: what a `MemoryLedger` counts it as; nil for what the surrounding `MemoryLedger.allocating` says.
    public init(count: Int, kind: MemoryKind? = nil) {
        require(count >= 0, "a buffer of \(count) elements")
        let byteCount = count * MemoryLayout<Element>.stride + Self.slack
        let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        if byteCount >= 4 << 20 { dtrain_prefer_huge_pages(raw, byteCount) }
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        base = raw.bindMemory(to: Element.self, capacity: count)
        self.count = count
        entry = MemoryLedger.enter(bytes: byteCount, kind: kind)
    }

    deinit {
        UnsafeMutableRawPointer(base).deallocate()
    }

    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    public subscript(index: Int) -> Element {
        get { elements[index] }
        set { elements[index] = newValue }
    }
}
