/// Loops that do nothing but move memory: how fast it is.
///
/// Source: McCalpin, "Memory bandwidth and machine balance in current high performance computers" (1995): STREAM, and how it
/// counts bytes.
public final class MemoryStream {
    private let a: AlignedBuffer<Double>
    private let b: AlignedBuffer<Double>
    private let c: AlignedBuffer<Double>

    /// - Parameter byteCount: of each of three arrays; together several times the last cache, so that none of it helps.
    public init(byteCount: Int) {
        let count = max(1, byteCount / MemoryLayout<Double>.stride)
        (a, b, c) = (AlignedBuffer(count: count), AlignedBuffer(count: count), AlignedBuffer(count: count))
        for i in 0..<count { (b.base[i], c.base[i]) = (1, 2) }
    }

    /// GB/s of a = c, once over: 16 bytes an element.
    public func copy() -> Double {
        rate(bytesPerElement: 16) { a.base.update(from: c.base, count: a.count) }
    }

    /// GB/s of a = b + 3·c, once over: 24 bytes an element. (A cache that fetches what is written first moves 32.)
    public func triad() -> Double {
        rate(bytesPerElement: 24) { Self.triad(a.base, b.base, c.base, count: a.count) }
    }

    /// By the clock on the wall: where ranks outnumber cores, the memory is not faster.
    private func rate(bytesPerElement: Int, _ body: () -> Void) -> Double {
        let time = ContinuousClock().measure(body) / .nanoseconds(1)
        return Double(bytesPerElement * a.count) / time
    }

    @inline(never)
    private static func triad(
        _ a: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafePointer<Double>, count: Int
    ) {
        for i in 0..<count { a[i] = b[i] + 3 * c[i] }
    }
}
