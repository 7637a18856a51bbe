extension Philox {
    /// Writes the random words of `count` features of one sample, from feature `first` on: that of feature f is element f mod 4
    /// of block f / 4.
    ///
    /// The words are those of `block(key:counter:)`; the loop over the blocks vectorises.
    /// - Precondition: `first` is a multiple of 4.
    /// - Complexity: no allocation.
    public static func fill(
        _ words: UnsafeMutablePointer<UInt32>, from first: Int = 0, count: Int, key: UInt64, position: Int, step: Int,
        purpose: Purpose, ordinal: Int
    ) {
        precondition(first % 4 == 0, "words from feature \(first), in the middle of a block")
        let firstBlock = first / 4
        let start = counter(block: firstBlock, position: position, step: step, purpose: purpose, ordinal: ordinal)
        let blocks = count / 4
        let pairs = UnsafeMutableRawPointer(words)
        for b in 0..<blocks {
            // A word in the low half of 64 bits: the product of two low halves is one instruction, and what gathers in the
            // high halves is never looked at.
            var c0 = UInt64(truncatingIfNeeded: firstBlock &+ b)
            var c1 = UInt64(start.y)
            var c2 = UInt64(start.z)
            var c3 = UInt64(start.w)
            var k0 = UInt32(truncatingIfNeeded: key)
            var k1 = UInt32(truncatingIfNeeded: key >> 32)
            for _ in 0..<10 {
                let p0 = (c0 & 0xFFFF_FFFF) &* 0xD251_1F53
                let p1 = (c2 & 0xFFFF_FFFF) &* 0xCD9E_8D57
                c0 = (p1 &>> 32) ^ c1 ^ UInt64(k0)
                c1 = p1
                c2 = (p0 &>> 32) ^ c3 ^ UInt64(k1)
                c3 = p0
                k0 &+= 0x9E37_79B9
                k1 &+= 0xBB67_AE85
            }
            pairs.storeBytes(of: (c0 & 0xFFFF_FFFF) | (c1 &<< 32), toByteOffset: b &* 16, as: UInt64.self)
            pairs.storeBytes(of: (c2 & 0xFFFF_FFFF) | (c3 &<< 32), toByteOffset: b &* 16 &+ 8, as: UInt64.self)
        }
        if count % 4 != 0 {
            var counter = start
            counter.x &+= UInt32(truncatingIfNeeded: blocks)
            let last = block(key: key, counter: counter)
            for j in 0..<(count % 4) { words[4 * blocks + j] = last[j] }
        }
    }
}
