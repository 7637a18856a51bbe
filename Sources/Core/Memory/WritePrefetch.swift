/// Memory that this rank writes soon and that its neighbours have read: products ask for it while they compute, as otherwise
/// each line would be taken from a neighbour's cache when its turn comes.
///
/// First the gradients that neighbours have added up; then, once this rank reads parameters no more and its neighbours hardly,
/// those that it updates.
public final class WritePrefetch {
    /// The line to ask for next; from the last line of a part there is nowhere to go but to the next part.
    package private(set) var next: UnsafeMutableRawPointer
    package private(set) var last: UnsafeMutableRawPointer

    private struct Part {
        let first: UnsafeMutableRawPointer
        let last: UnsafeMutableRawPointer
    }

    /// What is asked for when there is nothing else.
    private let idleLine = AlignedBuffer<UInt8>(count: WritePrefetch.lineBytes)
    private let parts: [Part]
    /// The parts of the gradients come first.
    private let gradientParts: Int
    /// The part that comes after the one at hand, and how many there are for now.
    private var following = 0
    private var available: Int
    private var updatesFollow = false

    /// - Returns: nil for no memory, and for so much that it would drive out what is computed with.
    public init?(gradients: [UnsafeMutableRawBufferPointer], parameters: [UnsafeMutableRawBufferPointer]) {
        func parts(_ memory: [UnsafeMutableRawBufferPointer]) -> [Part] {
            memory.compactMap { memory in
                guard let base = memory.baseAddress, !memory.isEmpty else { return nil }
                return Part(first: base, last: base + (memory.count - 1) / Self.lineBytes * Self.lineBytes)
            }
        }
        let byteCount = (gradients + parameters).map(\.count).reduce(0, +)
        guard byteCount > 0, byteCount <= Self.maximumBytes else { return nil }
        let gradients = parts(gradients)
        self.parts = gradients + parts(parameters)
        gradientParts = gradients.count
        available = gradientParts
        next = UnsafeMutableRawPointer(idleLine.base)
        last = next
    }

    /// Begins a pass: at the gradients.
    ///
    /// - Parameter updatesFollow: whether it is the batch's last, so that parameters are written after it, not read again.
    public func restart(updatesFollow: Bool) {
        self.updatesFollow = updatesFollow
        following = 0
        available = gradientParts
        next = UnsafeMutableRawPointer(idleLine.base)
        last = next
    }

    /// Says that this rank reads no parameters any more in this pass.
    package func goOnToParameters() {
        if updatesFollow { available = parts.count }
    }

    /// Says that what lies before `line` has been asked for, and goes on to the next part at the end of one.
    package func advance(to line: UnsafeMutableRawPointer) {
        next = line
        guard next == last, following < available else { return }
        next = parts[following].first
        last = parts[following].last
        following += 1
    }

    /// A cache line.
    static var lineBytes: Int { 64 }

    /// Of as many parameters, gradients and all fit into a last-level cache.
    private static var maximumBytes: Int { 8 << 20 }
}
