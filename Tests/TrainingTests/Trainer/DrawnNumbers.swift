import Core

/// The numbers that a drawn case is made of: a function of its seed.
struct DrawnNumbers {
    private let seed: UInt64
    private var drawn = 0

    init(seed: UInt64) { self.seed = seed }

    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        drawn += 1
        return range.lowerBound
            + Philox.bounded(range.count, key: seed, position: drawn, step: 0, purpose: .check, ordinal: 1 << 20)
    }

    mutating func element<Element>(of elements: [Element]) -> Element { elements[integer(0...(elements.count - 1))] }

    /// True once in `n` times.
    mutating func once(in n: Int) -> Bool { integer(1...n) == 1 }
}
