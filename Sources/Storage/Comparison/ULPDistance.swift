/// How far two floating-point numbers are apart, counted in units in the last place.
///
/// Computes |o(a) − o(b)|, where o numbers all finite values in their order: o(x) is the bit pattern of x for x ≥ 0 and minus
/// that of −x for x < 0. So neighbours are 1 apart, across 0 too, and −0 and +0 are 0 apart.
public enum ULPDistance: Sendable, Hashable, Comparable, CustomStringConvertible {
    case finite(UInt64)
    /// One of the two is infinite, or they are the two infinities.
    case infinite
    /// One of the two, or both, are no number.
    case noNumber

    public init(_ a: Float, _ b: Float) {
        self.init(a, b, Self.ordered(a.bitPattern, sign: 1 << 31), Self.ordered(b.bitPattern, sign: 1 << 31))
    }

    public init(_ a: Double, _ b: Double) {
        self.init(a, b, Self.ordered(a.bitPattern, sign: 1 << 63), Self.ordered(b.bitPattern, sign: 1 << 63))
    }

    private init<Number: BinaryFloatingPoint>(_ a: Number, _ b: Number, _ first: Int64, _ second: Int64) {
        if a.isNaN || b.isNaN {
            self = .noNumber
        } else if a == b {
            self = .finite(0)
        } else if a.isInfinite || b.isInfinite {
            self = .infinite
        } else {
            // Up to 2⁶⁴ − 2⁵³: more than an Int64 holds.
            self = .finite(UInt64(bitPattern: max(first, second) &- min(first, second)))
        }
    }

    private static func ordered<Bits: UnsignedInteger & FixedWidthInteger>(_ bits: Bits, sign: Bits) -> Int64 {
        bits & sign == 0 ? Int64(bits) : -Int64(bits ^ sign)
    }

    public var description: String {
        switch self {
        case .finite(1): "1 ULP"
        case .finite(let count): "\(count) ULPs"
        case .infinite: "infinitely far"
        case .noNumber: "no number"
        }
    }
}
