import Core

/// The random words of one shuffle, in order.
package struct ShuffleWords {
    private let seed: UInt64
    private let epoch: Int
    private var block = SIMD4<UInt32>()
    private var blocks = 0
    private var used = 4

    package init(seed: UInt64, epoch: Int) {
        self.seed = seed
        self.epoch = epoch
    }

    private mutating func next() -> UInt32 {
        if used == 4 {
            block = Philox.block(
                key: seed,
                counter: Philox.counter(block: blocks, position: 0, step: epoch, purpose: .shuffle, ordinal: 0))
            blocks += 1
            used = 0
        }
        used += 1
        return block[used - 1]
    }

    /// A number in 0 ..< `bound`, each equally likely: products whose low word falls in the uneven rest are drawn again.
    package mutating func next(below bound: UInt32) -> UInt32 {
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let rest = (0 &- bound) % bound
            while product.low < rest { product = next().multipliedFullWidth(by: bound) }
        }
        return product.high
    }
}
