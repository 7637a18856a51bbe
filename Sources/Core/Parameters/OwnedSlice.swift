/// What one owner has of the arena: a stretch of each bucket. A state of its own (an optimiser's slot) holds the stretches one after
/// the other, and nothing else.
public struct OwnedSlice: Sendable {
    /// Contiguous blocks of one bucket; may be none.
    public struct Stretch: Sendable {
        /// The blocks' numbers.
        public let blocks: Range<Int>
        /// The arena's elements from the first block to the end of the last, gaps between parameters included.
        public let elements: Range<Int>
        /// Where these elements begin in a state of the owned elements.
        public let start: Int

        /// Where element 0 of the arena would be in a state of the owned elements: element e of this stretch is found at e from it.
        public func origin<Element>(in state: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Element> {
            // Outside of the state, mostly: an address, nothing to be read.
            UnsafeMutablePointer(
                bitPattern: Int(bitPattern: state) &+ (start - elements.lowerBound) * MemoryLayout<Element>.stride)!
        }
    }

    /// One a bucket, in the arena's order.
    public let stretches: [Stretch]

    /// The blocks' numbers, ascending.
    public var blocks: some Sequence<Int> { stretches.lazy.flatMap(\.blocks) }
    public var blockCount: Int { stretches.reduce(0) { $0 + $1.blocks.count } }
    /// The elements of a state of the owned elements: those of the stretches, and what is between them.
    public var count: Int { stretches.last { !$0.blocks.isEmpty }.map { $0.start + $0.elements.count } ?? 0 }

    /// Where an element of the arena is in a state of the owned elements; nil for what others own.
    public func place(of element: Int) -> Int? {
        stretches.first { $0.elements.contains(element) }.map { $0.start + element - $0.elements.lowerBound }
    }

    public func contains(block: Int) -> Bool { stretches.contains { $0.blocks.contains(block) } }

    /// Stretches begin at cache lines.
    static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
