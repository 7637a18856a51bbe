/// Bins that do not depend on the data, so counts add up exactly over shards, ranks and time.
///
/// One bin an octave for each sign, |x| in [2^e, 2^(e+1)), e = −48…15; one zero bin for |x| < 2⁻⁴⁸; one overflow bin a side
/// for |x| ≥ 2¹⁶: 131 bins in the order of the numbers. Each bin holds its lower magnitude: −1 is in the octave of 1.
/// `subdivisions` split each octave linearly in the mantissa. NaN and infinities are in no bin: they are counted apart.
public struct HistogramBins: Sendable, Hashable {
    /// The exponent of the smallest octave.
    public static let smallestExponent = -48
    /// The exponent of the largest octave.
    public static let largestExponent = 15
    private static let octaves = largestExponent - smallestExponent + 1

    /// The counts that follow those of the bins in memory: NaN, +∞, −∞, exact zeros.
    public static let specialCount = 4

    /// The parts of an octave: 1, 2 or 4.
    public let subdivisions: Int

    /// - Precondition: `subdivisions` is 1, 2 or 4.
    public init(subdivisions: Int = 1) {
        precondition([1, 2, 4].contains(subdivisions), "octaves are split in 1, 2 or 4, not \(subdivisions)")
        self.subdivisions = subdivisions
    }

    /// B, the number of bins: 131, 259 or 515.
    public var count: Int { 2 * Self.octaves * subdivisions + 3 }

    /// The numbers that one histogram takes in memory: the bins, then NaN, +∞, −∞ and exact zeros (these also in the zero bin).
    public var storageCount: Int { count + Self.specialCount }

    /// The bin that holds zero; bin `zeroBin + m` mirrors bin `zeroBin − m`.
    public var zeroBin: Int { Self.octaves * subdivisions + 1 }

    /// The bin of a finite number, from the bits of its exponent.
    @inline(__always)
    public func index(of value: Float) -> Int {
        index(ofKey: value.bitPattern >> keyShift)
    }

    /// The B + 1 borders, from −∞ to +∞.
    public var edges: [Double] {
        let positive = (0...(Self.octaves * subdivisions)).map { part -> Double in
            let octave = Self.smallestExponent + part / subdivisions
            let fraction = 1 + Double(part % subdivisions) / Double(subdivisions)
            return Double(sign: .plus, exponent: octave, significand: fraction)
        }
        return [-Double.infinity] + positive.reversed().map { -$0 } + positive + [Double.infinity]
    }

    /// How far to the right the bits of a `Float` go, so that sign, exponent and the subdivision remain: its key.
    @inline(__always)
    var keyShift: UInt32 { UInt32(23 - subdivisions.trailingZeroBitCount) }

    /// The number of keys.
    var keyCount: Int { 512 * subdivisions }

    /// The bin of the finite numbers with this key.
    @inline(__always)
    func index(ofKey key: UInt32) -> Int {
        let magnitude = Int(key) & (256 * subdivisions - 1)
        let first = (127 + Self.smallestExponent) * subdivisions
        let distance = max(0, min(magnitude - first + 1, Self.octaves * subdivisions + 1))
        return key >= 256 * UInt32(subdivisions) ? zeroBin - distance : zeroBin + distance
    }
}
