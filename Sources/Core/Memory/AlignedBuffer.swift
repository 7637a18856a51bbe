/// Memory for training: capacity fixed when made, 64-byte aligned, zero-filled, freed with its owner.
///
/// Activation gradients share their memory with those of other layers (`ActivationGradientMemory`), activations in a chain that
/// recomputes them with other chains (`RecomputedMemory`): both may hold anything when a pass begins.
///
/// Sixty-four bytes past the end are readable, so that a vector load that begins at the last element stays inside.
public final class AlignedBuffer<Element: BitwiseCopyable> {
    /// The first element.
    public let base: UnsafeMutablePointer<Element>
    /// The number of elements.
    public let count: Int
    private let memory: MemoryBlock

    /// The bytes readable past the last element.
    static var slack: Int { 64 }

    /// - Parameter kind: what a `MemoryLedger` counts it as; nil for what the surrounding `MemoryLedger.allocating` says.
    public init(count: Int, kind: MemoryKind? = nil) {
        require(count >= 0, "a buffer of \(count) elements")
        let byteCount = count * MemoryLayout<Element>.stride + Self.slack
        let shared =
            switch kind {
            case .activations: RecomputedMemory.block(byteCount: byteCount)
            case .activationGradients: ActivationGradientMemory.block(byteCount: byteCount)
            default: MemoryBlock?.none
            }
        memory = shared ?? MemoryBlock(byteCount: byteCount, kind: kind)
        // One block may hold elements of several types, of each only what it wrote itself.
        base = memory.base.assumingMemoryBound(to: Element.self)
        self.count = count
    }

    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    public subscript(index: Int) -> Element {
        get { elements[index] }
        set { elements[index] = newValue }
    }
}
