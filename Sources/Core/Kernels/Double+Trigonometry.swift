extension Double {
    /// The sine of `x` radians, for any finite `x`.
    ///
    /// Computes x = q·π/2 + r with |r| ≤ π/4, then ± sin r or ± cos r by polynomials.
    /// - Returns: sin x, within 0.8 ulp; NaN for infinities and NaN; ±0 for ±0.
    public static func sin(_ x: Double) -> Double {
        guard x.isFinite else { return .nan }
        // Here sin x rounds to x; and the sign of a zero is kept.
        if x.magnitude < 0x1p-27 { return x }
        if x.magnitude < 0.78 { return sineOfReduced(x, 0) }
        let (quadrant, r, low) = quarterTurns(x)
        let value = quadrant & 1 == 0 ? sineOfReduced(r, low) : cosineOfReduced(r, low)
        return quadrant & 2 == 0 ? value : -value
    }

    /// The cosine of `x` radians, for any finite `x`.
    ///
    /// Computes x = q·π/2 + r with |r| ≤ π/4, then ± cos r or ± sin r by polynomials.
    /// - Returns: cos x, within 0.8 ulp; NaN for infinities and NaN.
    public static func cos(_ x: Double) -> Double {
        guard x.isFinite else { return .nan }
        if x.magnitude < 0.78 { return cosineOfReduced(x, 0) }
        let (quadrant, r, low) = quarterTurns(x)
        let value = quadrant & 1 == 0 ? cosineOfReduced(r, low) : sineOfReduced(r, low)
        return (quadrant + 1) & 2 == 0 ? value : -value
    }

    /// sin(r + low) for |r| ≤ π/4: r + r³·S(r²), and low's first-order share.
    private static func sineOfReduced(_ r: Double, _ low: Double) -> Double {
        let z = r * r
        var p = multiplyAdd(z, -0x1.aaa545b5f2a3ep-41, 0x1.612092b4778dfp-33)
        p = multiplyAdd(z, p, -0x1.ae6452984629dp-26)
        p = multiplyAdd(z, p, 0x1.71de3a5339724p-19)
        p = multiplyAdd(z, p, -0x1.a01a01a018ae4p-13)
        p = multiplyAdd(z, p, 0x1.111111111110bp-7)
        p = multiplyAdd(z, p, -0x1.5555555555555p-3)
        return r + multiplyAdd(z * r, p, multiplyAdd(-0.5 * z, low, low))
    }

    /// cos(r + low) for |r| ≤ π/4: 1 − ½r² + r⁴·C(r²), and low's first-order share.
    private static func cosineOfReduced(_ r: Double, _ low: Double) -> Double {
        let z = r * r
        var p = multiplyAdd(z, 0x1.aac5acad573e6p-45, -0x1.9393384119732p-37)
        p = multiplyAdd(z, p, 0x1.1eed8ca3a98bbp-29)
        p = multiplyAdd(z, p, -0x1.27e4fb75fd760p-22)
        p = multiplyAdd(z, p, 0x1.a01a01a018deap-16)
        p = multiplyAdd(z, p, -0x1.6c16c16c16c10p-10)
        p = multiplyAdd(z, p, 0x1.5555555555555p-5)
        let half = 0.5 * z
        let lead = 1 - half
        // 1 − lead − half is what the subtraction rounded away; fma adds what squaring did.
        let lost = (1 - lead) - half - 0.5 * multiplyAdd(r, r, -z)
        return lead + multiplyAdd(z * z, p, multiplyAdd(-r, low, lost))
    }

    /// The bits of 2/π after the binary point, behind one word of zeros.
    private static let twoOverPi: [UInt64] = [
        0, 0xA2F9_836E_4E44_1529, 0xFC27_57D1_F534_DDC0, 0xDB62_9599_3C43_9041, 0xFE51_63AB_DEBB_C561,
        0xB724_6E3A_424D_D2E0, 0x0649_2EEA_09D1_921C, 0xFE1D_EB1C_B129_A73E, 0xE882_35F5_2EBB_4484,
        0xE99C_7026_B45F_7E41, 0x3991_D639_8353_39F4, 0x9C84_5F8B_BDF9_283B, 0x1FF8_97FF_DE05_980F,
        0xEF2F_118B_5A0A_6D1F, 0x6D36_7ECF_27CB_09B7, 0x4F46_3F66_9E5F_EA2D, 0x7527_BAC7_EBE5_F17B,
        0x3D07_39F7_8A52_92EA, 0x6BFB_5FB1_1F8D_5D08, 0x5603_3046_FC7B_6BAB, 0xF0CF_BC20_9AF4_361D,
    ]

    /// x = q·π/2 + r + low with |r| ≤ π/4, q mod 4, for |x| ≥ ½: x·2/π in integers, only the bits that matter.
    ///
    /// Source: Payne & Hanek, "Radian reduction for trigonometric functions" (1983).
    private static func quarterTurns(_ x: Double) -> (quadrant: UInt64, r: Double, low: Double) {
        let mantissa = x.significandBitPattern | 1 << 52
        // |x| = mantissa·2^(start + 2): bits of 2/π before `start` give multiples of 4 turns of a quarter.
        let start = Int(x.exponentBitPattern) - 1023 - 52 - 2 + 64
        let word = start / 64
        let shift = UInt64(start % 64)
        func window(_ i: Int) -> UInt64 {
            // A shift by 64 gives 0.
            twoOverPi[word + i] << shift | twoOverPi[word + i + 1] >> (64 - shift)
        }
        // The low 192 bits of mantissa·window: 2 of the quadrant, 190 of the fraction.
        let third = mantissa.multipliedFullWidth(by: window(2))
        let second = mantissa.multipliedFullWidth(by: window(1))
        let (middle, carry) = second.low.addingReportingOverflow(third.high)
        let top = mantissa &* window(0) &+ second.high &+ (carry ? 1 : 0)
        // To the nearest quarter turn: what is left is a signed fraction in [−½, ½).
        var quadrant = (top >> 62) &+ (top >> 61 & 1)
        var fraction = UInt128(top << 2 | middle >> 62) << 64 | UInt128(middle << 2 | third.low >> 62)
        let isNegative = fraction >> 127 == 1
        if isNegative { fraction = 0 &- fraction }
        // No double is nearer to a multiple of π/2 than 2⁻⁶¹, so at least 64 bits are left after the leading zeros.
        let zeros = fraction.leadingZeroBitCount
        let aligned = fraction << UInt128(zeros)
        let scale = Double(sign: .plus, exponent: -zeros - 53, significand: 1)
        let high = Double(UInt64(truncatingIfNeeded: aligned >> 75)) * scale
        let low = Double(UInt64(truncatingIfNeeded: aligned >> 22) & (1 << 53 - 1)) * (scale * 0x1p-53)
        // (high + low)·π/2.
        let product = high * 0x1.921fb54442d18p+0
        let error = multiplyAdd(high, 0x1.921fb54442d18p+0, -product)
        let rest = error + multiplyAdd(high, 0x1.1a62633145c07p-54, low * 0x1.921fb54442d18p+0)
        let r = product + rest
        let lost = rest - (r - product)
        let flips = isNegative != (x < 0)
        if x < 0 { quadrant = 0 &- quadrant }
        return (quadrant & 3, flips ? -r : r, flips ? -lost : lost)
    }
}
