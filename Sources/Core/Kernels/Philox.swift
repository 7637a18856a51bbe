/// Counter-based random numbers, Philox4x32-10: a pure function of key and counter, with no state to save.
///
/// Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC'11), section 3.3 and table 2.
public enum Philox {
    /// What a number is for: the high byte of the counter's last word.
    public enum Purpose: UInt32, Sendable {
        case initialWeights = 0
        case shuffle = 1
        case dropout = 2
        case check = 3
        case augmentation = 4
        case generation = 5
    }

    /// The counter of the block that holds features 4·`block` … 4·`block` + 3.
    ///
    /// - Parameters:
    ///   - position: the sample's position in the epoch; 0 where there is none.
    ///   - step: the step; for shuffles the epoch.
    ///   - ordinal: the layer's place in the network; for initial weights the parameter's place in the arena.
    @inlinable @inline(__always)
    public static func counter(
        block: Int, position: Int, step: Int, purpose: Purpose, ordinal: Int
    ) -> SIMD4<UInt32> {
        SIMD4(
            UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: position),
            UInt32(truncatingIfNeeded: step), purpose.rawValue << 24 | UInt32(truncatingIfNeeded: ordinal))
    }

    /// Four random words.
    ///
    /// - Parameter key: the run's seed: low word first.
    @inlinable @inline(__always)
    public static func block(key: UInt64, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var c = counter
        var k0 = UInt32(truncatingIfNeeded: key)
        var k1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let p0 = UInt64(0xD251_1F53) * UInt64(c.x)
            let p1 = UInt64(0xCD9E_8D57) * UInt64(c.z)
            c = SIMD4(
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k1, UInt32(truncatingIfNeeded: p0))
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return c
    }
}
