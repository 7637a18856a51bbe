import CSystem

extension Philox {
    /// Writes the random words of `count` features of one sample, from feature `first` on: that of feature f is element f mod 4
    /// of block f / 4.
    ///
    /// The words are those of `block(key:counter:)`, of several times eight blocks side by side: the rounds of a block are one
    /// long chain, and those of eight do not fill the time that it takes.
    /// - Precondition: `first` is a multiple of 4.
    /// - Complexity: no allocation.
    public static func fill(
        _ words: UnsafeMutablePointer<UInt32>, from first: Int = 0, count: Int, key: UInt64, position: Int, step: Int,
        purpose: Purpose, ordinal: Int
    ) {
        precondition(first % 4 == 0, "words from feature \(first), in the middle of a block")
        let start = counter(block: first / 4, position: position, step: step, purpose: purpose, ordinal: ordinal)
        var done = 0
        // Four groups are 16 vectors of 64 bytes.
        while dtrain_vector_bytes() == 64 && done &+ 4 &* wordsOfGroup <= count {
            fill(words + done, from: (first &+ done) / 4, start, key, VectorCount<4>())
            done &+= 4 &* wordsOfGroup
        }
        while done &+ 2 &* wordsOfGroup <= count {
            fill(words + done, from: (first &+ done) / 4, start, key, VectorCount<2>())
            done &+= 2 &* wordsOfGroup
        }
        if done < count {
            var last = InlineArray<64, UInt32>(repeating: 0)
            var span = last.mutableSpan
            span.withUnsafeMutableBufferPointer { last in
                fill(last.baseAddress!, from: (first &+ done) / 4, start, key, VectorCount<2>())
                (words + done).update(from: last.baseAddress!, count: count &- done)
            }
        }
    }

    /// A word of eight blocks each, in the low half of 64 bits: the product of two low halves is one instruction, and what gathers
    /// in the high halves is never looked at.
    private typealias Words = SIMD8<UInt64>
    private static let wordsOfGroup = 4 * Words.scalarCount

    /// Writes the words of `groups` times eight blocks, the first of which is `first`.
    @inline(__always)
    private static func fill<let groups: Int>(
        _ words: UnsafeMutablePointer<UInt32>, from first: Int, _ start: SIMD4<UInt32>, _ key: UInt64,
        _: VectorCount<groups>
    ) {
        let low = Words(repeating: 0xFFFF_FFFF)
        var c0 = InlineArray<groups, Words>(repeating: Words(0, 1, 2, 3, 4, 5, 6, 7))
        var c1 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.y)))
        var c2 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.z)))
        var c3 = InlineArray<groups, Words>(repeating: Words(repeating: UInt64(start.w)))
        for g in 0..<groups {
            c0[unchecked: g] &+= Words(repeating: UInt64(truncatingIfNeeded: first &+ g &* Words.scalarCount))
        }
        // Vectors, so that the compiler does not make a vector of the two.
        var k0 = Words(repeating: key & 0xFFFF_FFFF)
        var k1 = Words(repeating: key >> 32)
        for _ in 0..<10 {
            for g in 0..<groups {
                let p0 = (c0[unchecked: g] & low) &* Words(repeating: 0xD251_1F53)
                let p1 = (c2[unchecked: g] & low) &* Words(repeating: 0xCD9E_8D57)
                c0[unchecked: g] = (p1 &>> 32) ^ c1[unchecked: g] ^ k0
                c1[unchecked: g] = p1
                c2[unchecked: g] = (p0 &>> 32) ^ c3[unchecked: g] ^ k1
                c3[unchecked: g] = p0
            }
            k0 &+= Words(repeating: 0x9E37_79B9)
            k1 &+= Words(repeating: 0xBB67_AE85)
        }
        for g in 0..<groups {
            let first = (c0[unchecked: g] & low) | (c1[unchecked: g] &<< 32)
            let second = (c2[unchecked: g] & low) | (c3[unchecked: g] &<< 32)
            let target = UnsafeMutableRawPointer(words + g &* wordsOfGroup)
            var blocks = Words()
            blocks.evenHalf = first.lowHalf
            blocks.oddHalf = second.lowHalf
            target.storeBytes(of: blocks, as: Words.self)
            blocks.evenHalf = first.highHalf
            blocks.oddHalf = second.highHalf
            target.storeBytes(of: blocks, toByteOffset: MemoryLayout<Words>.size, as: Words.self)
        }
    }
}
