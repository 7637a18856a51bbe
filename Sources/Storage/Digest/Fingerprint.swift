import CXXHash

/// XXH3, a hash of 64 bits that costs about as much as reading the bytes: it finds accidents (a flipped bit, a diverging
/// operation), and nothing that somebody makes on purpose; for that there is `SHA256`.
///
/// Source: Yann Collet, *XXH3*, github.com/Cyan4973/xxHash, release 0.8: the values are fixed from that release on, the same
/// on every CPU.
public enum Fingerprint {
    /// The hash of these bytes.
    ///
    /// - Complexity: O(n), no allocation.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        XXH3_64bits(bytes.baseAddress, bytes.count)
    }

    /// The hash of `count` values as they lie in memory.
    ///
    /// - Complexity: O(n), no allocation.
    public static func hash<Value: BitwiseCopyable>(_ values: UnsafePointer<Value>, count: Int) -> UInt64 {
        hash(UnsafeRawBufferPointer(UnsafeBufferPointer(start: values, count: count)))
    }
}
