import CSystem

extension Philox {
    /// Writes the random words of `count` features of one sample, from feature `first` on: that of feature f is element f mod 4
    /// of block f / 4.
    ///
    /// The words are those of `block(key:counter:)`: of 32 blocks side by side where registers hold them, and of the others in a
    /// loop that vectorises.
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
        var done = 0
        while hasManyRegisters && done &+ 4 &* Words.scalarCount <= blocks {
            fill(pairs + done &* 16, from: firstBlock &+ done, start, key, VectorCount<4>())
            done &+= 4 &* Words.scalarCount
        }
        for b in done..<blocks {
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

    /// A word of eight blocks each.
    private typealias Words = SIMD8<UInt64>
    /// Whether registers hold four groups of blocks: 16 vectors of 64 bytes. Folded when compiling.
    @inline(__always)
    private static var hasManyRegisters: Bool { dtrain_vector_bytes() == 64 }

    /// Writes the words of `groups` · 8 blocks, the first of which is `first`: the rounds of a block are one long chain, and those
    /// of a single group do not fill the time that it takes.
    @inline(__always)
    private static func fill<let groups: Int>(
        _ pairs: UnsafeMutableRawPointer, from first: Int, _ start: SIMD4<UInt32>, _ key: UInt64, _: VectorCount<groups>
    ) {
        let low = Words(repeating: 0xFFFF_FFFF)
        var c0 = InlineArray<groups, Words>(repeating: Words(0, 1, 2, 3, 4, 5, 6, 7))
        var c1 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.y)))
        var c2 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.z)))
        var c3 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.w)))
        for g in 0..<groups {
            c0[unchecked: g] &+= Words(repeating: UInt64(truncatingIfNeeded: first &+ g &* Words.scalarCount))
        }
        var k0 = UInt32(truncatingIfNeeded: key)
        var k1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            for g in 0..<groups {
                let p0 = (c0[unchecked: g] & low) &* Words(repeating: 0xD251_1F53)
                let p1 = (c2[unchecked: g] & low) &* Words(repeating: 0xCD9E_8D57)
                c0[unchecked: g] = (p1 &>> 32) ^ c1[unchecked: g] ^ Words(repeating: UInt64(k0))
                c1[unchecked: g] = p1
                c2[unchecked: g] = (p0 &>> 32) ^ c3[unchecked: g] ^ Words(repeating: UInt64(k1))
                c3[unchecked: g] = p0
            }
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        for g in 0..<groups {
            var words = SIMD16<UInt64>()
            words.evenHalf = (c0[unchecked: g] & low) | (c1[unchecked: g] &<< 32)
            words.oddHalf = (c2[unchecked: g] & low) | (c3[unchecked: g] &<< 32)
            pairs.storeBytes(of: words, toByteOffset: g &* Words.scalarCount &* 16, as: SIMD16<UInt64>.self)
        }
    }
}
