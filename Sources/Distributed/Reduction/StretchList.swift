/// The stretches of one exchange, in memory that is allocated once.
final class StretchList {
    private let memory: UnsafeMutablePointer<Stretch>
    private let capacity: Int
    private var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        memory = .allocate(capacity: capacity)
    }

    deinit { memory.deallocate() }

    /// No stretch at all.
    static var none: UnsafeBufferPointer<Stretch> { UnsafeBufferPointer(start: nil, count: 0) }

    var stretches: UnsafeBufferPointer<Stretch> { UnsafeBufferPointer(start: memory, count: count) }

    func removeAll() { count = 0 }

    /// Adds the elements `range` of `base`; nothing for an empty range.
    func append<Element>(_ peer: Int, _ base: UnsafeMutablePointer<Element>, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        precondition(count < capacity, "more than \(capacity) stretches")
        (memory + count).initialize(
            to: Stretch(
                peer: peer, base: base + range.lowerBound, byteCount: range.count * MemoryLayout<Element>.stride))
        count += 1
    }
}
