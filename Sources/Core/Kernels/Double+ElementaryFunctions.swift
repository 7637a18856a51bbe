// The same functions as in Float+ElementaryFunctions.swift, by the same rules.

extension Double {
    /// eˣ.
    ///
    /// Computes x = k·ln 2 + r with |r| ≤ ½ ln 2, then 2ᵏ·(1 + r + r²·P(r)). Overflows to ∞ above 709.78, rounds to 0 below
    /// −745.13; denormal results are right.
    /// - Returns: the power, within 0.9 ulp; NaN for NaN.
    @inlinable @inline(__always)
    public static func exp(_ x: Double) -> Double {
        let high: Double = x > 710 ? 710 : x
        let clamped: Double = high < -746 ? -746 : high
        let (power, biased) = exponentialParts(clamped)
        // 2ᵏ in two factors: k reaches −1076 and 1024, one exponent field does not.
        let half = biased &>> 1
        return power * powerOfTwo(biased: half &+ 1024) * powerOfTwo(biased: biased &- half &+ 1024)
    }

    /// eˣ = `power`·2ᵏ for x in [−746, 710], `power` in [0.7, 1.42]; `biased` is k + 2048.
    @inlinable @inline(__always)
    static func exponentialParts(_ x: Double) -> (power: Double, biased: UInt64) {
        // Adding 1.5·2⁵² rounds to the nearest integer and leaves it in the low bits.
        let shifted = multiplyAdd(x, 0x1.71547652b82fep+0, 0x1.8p+52)
        let biased = shifted.bitPattern &- Double(0x1.8p+52).bitPattern &+ 2048
        let n = shifted - 0x1.8p+52
        // The first part of ln 2 has 32 bits, so n times it is exact; r + low is the remainder to twice the precision.
        let first = multiplyAdd(n, -0x1.62e42feep-1, x)
        let r = multiplyAdd(n, -0x1.a39ef35793c76p-33, first)
        let low = multiplyAdd(n, -0x1.a39ef35793c76p-33, first - r)
        return (exponentialPolynomial(r, low), biased)
    }

    /// e^(r + low) for |r| ≤ ½ ln 2 and |low| ≤ ½ ulp of r.
    @inlinable @inline(__always)
    static func exponentialPolynomial(_ r: Double, _ low: Double) -> Double {
        var p = multiplyAdd(r, 0x1.1e3ceb2c4b53dp-29, 0x1.af6c1d6e7d159p-26)
        p = multiplyAdd(r, p, 0x1.27e5b4a8cc588p-22)
        p = multiplyAdd(r, p, 0x1.71ddf002b5797p-19)
        p = multiplyAdd(r, p, 0x1.a01a013641609p-16)
        p = multiplyAdd(r, p, 0x1.a01a01b389fe3p-13)
        p = multiplyAdd(r, p, 0x1.6c16c16c30614p-10)
        p = multiplyAdd(r, p, 0x1.111111110ec40p-7)
        p = multiplyAdd(r, p, 0x1.5555555555502p-5)
        p = multiplyAdd(r, p, 0x1.555555555555bp-3)
        p = multiplyAdd(r, p, 0x1p-1)
        return 1 + (r + multiplyAdd(r * r, p, low))
    }

    /// 2ᵏ for k in −1022…1023, given k + 2048.
    @inlinable @inline(__always)
    static func powerOfTwo(biased: UInt64) -> Double {
        Double(bitPattern: (biased &- 1025) &<< 52)
    }

    /// The natural logarithm.
    ///
    /// Computes x = 2ᵏ·(1 + f) with 1 + f in [√½, √2), s = f / (2 + f), then k·ln 2 + f − ½f² + s·(½f² + s²·P(s²)).
    /// Source: FreeBSD's e_log.c for the order of the additions.
    /// - Returns: the logarithm, within 0.9 ulp; −∞ for ±0, ∞ for ∞, NaN for negative numbers and NaN.
    @inlinable @inline(__always)
    public static func log(_ x: Double) -> Double {
        let isSmall = x < 0x1p-1022
        let scaled = isSmall ? x * 0x1p+54 : x
        // Subtracting √½'s bits (and adding one's) moves the border of the exponent field to √½.
        let bits = scaled.bitPattern &+ (0x3FF0_0000_0000_0000 &- 0x3FE6_A09E_667F_3BCD)
        // The exponent's twelve bits as the low bits of 2⁵²: to a number without an integer conversion, which AVX2 lacks.
        let exponent = Double(bitPattern: bits &>> 52 | 0x4330_0000_0000_0000) - 0x1p+52
        let n = exponent - (isSmall ? 1023 + 54 : 1023)
        let f = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) &+ 0x3FE6_A09E_667F_3BCD) - 1
        let s = f / (2 + f)
        let z = s * s
        var p = multiplyAdd(z, 0x1.2f070bed33034p-3, 0x1.39a192a4dc40fp-3)
        p = multiplyAdd(z, p, 0x1.746640613eb58p-3)
        p = multiplyAdd(z, p, 0x1.c71c52029655cp-3)
        p = multiplyAdd(z, p, 0x1.24924941f9017p-2)
        p = multiplyAdd(z, p, 0x1.999999997fd31p-2)
        p = multiplyAdd(z, p, 0x1.5555555555592p-1)
        let halfSquare = 0.5 * f * f
        let tail = multiplyAdd(s, multiplyAdd(z, p, halfSquare), n * 0x1.a39ef35793c76p-33)
        let finite = multiplyAdd(n, 0x1.62e42feep-1, f - (halfSquare - tail))
        let positive = x < .infinity ? finite : x
        return x > 0 ? positive : (x == 0 ? -.infinity : .nan)
    }

    /// The hyperbolic tangent.
    ///
    /// Computes x + x³·P(x²) for |x| < 0.55, else ±(1 − 2 / (e^{2|x|} + 1)).
    /// - Returns: tanh x, within 1.5 ulp; NaN for NaN; the sign of x, of zeros too.
    @inlinable @inline(__always)
    public static func tanh(_ x: Double) -> Double {
        let z = x * x
        var p = multiplyAdd(z, -0x1.47822c3f7cacbp-16, 0x1.5da3322432e81p-14)
        p = multiplyAdd(z, p, -0x1.e98081b4efdb0p-13)
        p = multiplyAdd(z, p, 0x1.34855e531a7c1p-11)
        p = multiplyAdd(z, p, -0x1.7d90099ba1ef9p-10)
        p = multiplyAdd(z, p, 0x1.d6d29fe74fa8dp-9)
        p = multiplyAdd(z, p, -0x1.226e2f30b69dfp-7)
        p = multiplyAdd(z, p, 0x1.664f485a552a7p-6)
        p = multiplyAdd(z, p, -0x1.ba1ba1b981af9p-5)
        p = multiplyAdd(z, p, 0x1.11111111107ebp-3)
        p = multiplyAdd(z, p, -0x1.555555555554fp-2)
        let small = multiplyAdd(x * z, p, x)

        let magnitude = Double(bitPattern: x.bitPattern & 0x7FFF_FFFF_FFFF_FFFF)
        let clamped: Double = magnitude > 20 ? 20 : magnitude
        let (power, biased) = exponentialParts(clamped + clamped)
        let large = 1 - 2 / multiplyAdd(power, powerOfTwo(biased: biased), 1)
        let value = magnitude < 0.55 ? small : large
        return Double(bitPattern: value.bitPattern | (x.bitPattern & 0x8000_0000_0000_0000))
    }

    /// The logistic function 1 / (1 + e⁻ˣ).
    ///
    /// Computes with e = e^{−|x|}: 1 / (1 + e) for x ≥ 0, else e / (1 + e), so that nothing overflows.
    /// - Returns: the value, within 2.5 ulp; NaN for NaN.
    @inlinable @inline(__always)
    public static func sigmoid(_ x: Double) -> Double {
        let e = exp(-Double(bitPattern: x.bitPattern & 0x7FFF_FFFF_FFFF_FFFF))
        let numerator: Double = x < 0 ? e : 1
        return numerator / (1 + e)
    }

    /// The error function 2/√π·∫₀ˣ e^(−t²) dt.
    ///
    /// Computes x + x·P(x²) for |x| < 1, else ±(1 − e^(−|x| − |x|·Q(|x|))), Q fitted to −ln erfc; from 6 on that is ±1.
    /// - Returns: erf x, within 1 ulp; NaN for NaN; the sign of x, of zeros too.
    @inlinable @inline(__always)
    public static func erf(_ x: Double) -> Double {
        let z = x * x
        var p = multiplyAdd(z, 0x1.0579ab337706fp-34, -0x1.386ac0f30b05ap-30)
        p = multiplyAdd(z, p, 0x1.f7a4123d369fep-27)
        p = multiplyAdd(z, p, -0x1.5f1d36c3abe6fp-23)
        p = multiplyAdd(z, p, 0x1.b9def19e1eb7fp-20)
        p = multiplyAdd(z, p, -0x1.f4d1df394eeacp-17)
        p = multiplyAdd(z, p, 0x1.f9a321a11e053p-14)
        p = multiplyAdd(z, p, -0x1.c02db3d8ed266p-11)
        p = multiplyAdd(z, p, 0x1.565bcd0db02e5p-8)
        p = multiplyAdd(z, p, -0x1.b82ce3128499cp-6)
        p = multiplyAdd(z, p, 0x1.ce2f21a042b20p-4)
        p = multiplyAdd(z, p, -0x1.812746b0379e6p-2)
        p = multiplyAdd(z, p, 0x1.06eba8214db69p-3)
        let small = multiplyAdd(x, p, x)

        let magnitude = Double(bitPattern: x.bitPattern & 0x7FFF_FFFF_FFFF_FFFF)
        let t: Double = magnitude > 6 ? 6 : magnitude
        var q = multiplyAdd(t, -0x1.ab890d1259e3bp-40, 0x1.28a667d6fa4f5p-34)
        q = multiplyAdd(t, q, -0x1.8182b24dc0fbep-30)
        q = multiplyAdd(t, q, 0x1.377ed6fa9d090p-26)
        q = multiplyAdd(t, q, -0x1.5e1a40b125c89p-23)
        q = multiplyAdd(t, q, 0x1.216a590156275p-20)
        q = multiplyAdd(t, q, -0x1.6967a024e112bp-18)
        q = multiplyAdd(t, q, 0x1.5571bf72ac5abp-16)
        q = multiplyAdd(t, q, -0x1.d6173a9e75882p-15)
        q = multiplyAdd(t, q, 0x1.9081170bc719cp-14)
        q = multiplyAdd(t, q, -0x1.0614e0c5e3533p-20)
        q = multiplyAdd(t, q, -0x1.2d492afb82d55p-11)
        q = multiplyAdd(t, q, 0x1.bbb4e69799ffap-10)
        q = multiplyAdd(t, q, -0x1.bcabb296510f7p-13)
        q = multiplyAdd(t, q, -0x1.3957eae9b17a9p-6)
        q = multiplyAdd(t, q, 0x1.a4f305dd9088dp-4)
        q = multiplyAdd(t, q, 0x1.45f316fa410a8p-1)
        q = multiplyAdd(t, q, 0x1.06eba09510bc9p-3)
        let (power, biased) = exponentialParts(multiplyAdd(-t, q, -t))
        let large = multiplyAdd(-power, powerOfTwo(biased: biased), 1)
        let value = magnitude < 1 ? small : large
        return Double(bitPattern: value.bitPattern | (x.bitPattern & 0x8000_0000_0000_0000))
    }
}
