extension Philox {
    /// A number in [0, 1), a multiple of 2⁻⁵³: every one of them equally likely.
    @inlinable @inline(__always)
    public static func unitDouble(_ low: UInt32, _ high: UInt32) -> Double {
        Double((UInt64(high) << 32 | UInt64(low)) &>> 11) * 0x1p-53
    }

    /// A number in (0, 1), an odd multiple of 2⁻³³: its logarithm is finite, and its mean is exactly ½.
    @inlinable @inline(__always)
    public static func openUnitDouble(_ word: UInt32) -> Double {
        (Double(word) + 0.5) * 0x1p-32
    }

    /// Two independent draws from N(0, 1), by Box and Muller's transform of two words; at most 6.76 in magnitude.
    ///
    /// Computes √(−2 ln u)·(cos 2πv, sin 2πv).
    /// Source: Box & Muller, "A note on the generation of random normal deviates" (1958), eq. 1.
    public static func normals(_ first: UInt32, _ second: UInt32) -> (Double, Double) {
        let radius = (-2 * Double.log(openUnitDouble(first))).squareRoot()
        let angle = 2 * Double.pi * openUnitDouble(second)
        return (radius * Double.cos(angle), radius * Double.sin(angle))
    }

    /// A number in 0..<`bound`, every one of them exactly equally likely.
    ///
    /// Takes 64 bits at a time, rejects the few that would favour some results, and takes the next; successive tries are
    /// successive blocks of the counter.
    /// Source: Lemire, "Fast random integer generation in an interval" (2019), algorithm 5.
    ///
    /// - Parameters:
    ///   - key: the run's seed.
    ///   - position: what is drawn for, e.g. the place that a Fisher-Yates shuffle fills.
    ///   - step: the step; for shuffles the epoch.
    ///   - ordinal: the layer's place in the network; 0 where there is none.
    /// - Precondition: `bound` is positive.
    public static func bounded(
        _ bound: Int, key: UInt64, position: Int, step: Int, purpose: Purpose, ordinal: Int
    ) -> Int {
        precondition(bound > 0, "a random number below \(bound)")
        let range = UInt64(bound)
        var tries = 0
        while true {
            let words = block(
                key: key,
                counter: counter(block: tries, position: position, step: step, purpose: purpose, ordinal: ordinal))
            for half in 0..<2 {
                let (low, high) = half == 0 ? (words.x, words.y) : (words.z, words.w)
                let product = range.multipliedFullWidth(by: UInt64(high) << 32 | UInt64(low))
                // 2⁶⁴ mod range results have one preimage too many; dividing is needed in the rarest of cases only.
                if product.low >= range || product.low >= (0 &- range) % range { return Int(product.high) }
            }
            tries += 1
        }
    }
}
