extension Philox {
    /// Writes the random words of features 0 ..< `count` of one sample: word i is element i mod 4 of block i / 4.
    ///
    /// Eight blocks at a time; the words are those of `block(key:counter:)`.
    /// - Complexity: no allocation.
    public static func fill(
        _ words: UnsafeMutablePointer<UInt32>, count: Int, key: UInt64, position: Int, step: Int, purpose: Purpose,
        ordinal: Int
    ) {
        let start = counter(block: 0, position: position, step: step, purpose: purpose, ordinal: ordinal)
        var done = 0
        while done + 32 <= count {
            eightBlocks(key: key, counter: start, first: UInt32(truncatingIfNeeded: done / 4), into: words + done)
            done += 32
        }
        while done < count {
            var counter = start
            counter.x = UInt32(truncatingIfNeeded: done / 4)
            let block = block(key: key, counter: counter)
            for j in 0..<min(4, count - done) { words[done + j] = block[j] }
            done += 4
        }
    }

    /// Blocks `first` … `first` + 7, a block a 64-bit lane.
    ///
    /// The 32-bit words sit in the low halves of the lanes: a product of two low halves is one instruction, and what
    /// gathers in the high halves is never looked at.
    @inline(__always)
    private static func eightBlocks(
        key: UInt64, counter: SIMD4<UInt32>, first: UInt32, into words: UnsafeMutablePointer<UInt32>
    ) {
        typealias Lanes = SIMD8<UInt64>
        let low = Lanes(repeating: 0xFFFF_FFFF)
        var c0 = Lanes(truncatingIfNeeded: SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7) &+ first)
        var c1 = Lanes(repeating: UInt64(counter.y))
        var c2 = Lanes(repeating: UInt64(counter.z))
        var c3 = Lanes(repeating: UInt64(counter.w))
        var k0 = UInt32(truncatingIfNeeded: key)
        var k1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let p0 = (c0 & low) &* Lanes(repeating: 0xD251_1F53)
            let p1 = (c2 & low) &* Lanes(repeating: 0xCD9E_8D57)
            c0 = (p1 &>> 32) ^ c1 ^ Lanes(repeating: UInt64(k0))
            c1 = p1
            c2 = (p0 &>> 32) ^ c3 ^ Lanes(repeating: UInt64(k1))
            c3 = p0
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        var pairs = SIMD16<UInt64>()
        pairs.evenHalf = (c0 & low) | (c1 &<< 32)
        pairs.oddHalf = (c2 & low) | (c3 &<< 32)
        UnsafeMutableRawPointer(words).storeBytes(of: pairs, as: SIMD16<UInt64>.self)
    }
}
