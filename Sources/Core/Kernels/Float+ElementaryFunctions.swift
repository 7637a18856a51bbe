// Elementary functions of the project's own: + − × ÷, fused multiply-add and bit patterns only, no branch, no table, so the
// bits depend on neither the C library nor the vector width, and a loop over them vectorises.
// Polynomials are minimax in relative error (Remez), coefficients rounded to the type.

extension Float {
    /// eˣ.
    ///
    /// Computes x = k·ln 2 + r with |r| ≤ ½ ln 2, then 2ᵏ·(1 + r + r²·P(r)). Overflows to ∞ above 88.72, rounds to 0 below
    /// −103.97; denormal results are right.
    /// - Returns: the power, within 1 ulp; NaN for NaN.
    @inlinable @inline(__always)
    public static func exp(_ x: Float) -> Float {
        let high: Float = x > 89 ? 89 : x
        let clamped: Float = high < -104 ? -104 : high
        let (power, k) = exponentialParts(clamped)
        // 2ᵏ in two factors: k reaches −150 and 128, one exponent field does not.
        let half = k &>> 1
        return power * powerOfTwo(half) * powerOfTwo(k &- half)
    }

    /// eˣ = `power`·2ᵏ for x in [−104, 89], `power` in [0.7, 1.42].
    @inlinable @inline(__always)
    static func exponentialParts(_ x: Float) -> (power: Float, k: Int32) {
        // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
        let shifted = multiplyAdd(x, 0x1.715476p+0, 0x1.8p+23)
        let k = Int32(bitPattern: shifted.bitPattern) &- Int32(bitPattern: Float(0x1.8p+23).bitPattern)
        let n = shifted - 0x1.8p+23
        let r = multiplyAdd(n, 0x1.05c610p-29, multiplyAdd(n, -0x1.62e430p-1, x))
        var p = multiplyAdd(r, 0x1.9f07d4p-13, 0x1.6d8d52p-10)
        p = multiplyAdd(r, p, 0x1.111272p-7)
        p = multiplyAdd(r, p, 0x1.55548ep-5)
        p = multiplyAdd(r, p, 0x1.555554p-3)
        p = multiplyAdd(r, p, 0x1p-1)
        return (multiplyAdd(r * r, p, r) + 1, k)
    }

    /// 2ᵏ for k in −126…127.
    @inlinable @inline(__always)
    static func powerOfTwo(_ k: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: (k &+ 127) &<< 23))
    }

    /// The natural logarithm.
    ///
    /// Computes x = 2ᵏ·(1 + f) with 1 + f in [√½, √2), then k·ln 2 + f − ½f² + f³·P(f).
    /// - Returns: the logarithm, within 0.9 ulp; −∞ for ±0, ∞ for ∞, NaN for negative numbers and NaN.
    @inlinable @inline(__always)
    public static func log(_ x: Float) -> Float {
        let isSmall = x < 0x1p-126
        let scaled = isSmall ? x * 0x1p+25 : x
        // Subtracting √½'s bits moves the border of the exponent field to √½.
        let bits = scaled.bitPattern &- 0x3F35_04F3
        let n = Float(Int32(bitPattern: bits) &>> 23) - (isSmall ? 25 : 0)
        let f = Float(bitPattern: (bits & 0x007F_FFFF) &+ 0x3F35_04F3) - 1
        var p = multiplyAdd(f, 0x1.145a12p-4, -0x1.de420ap-4)
        p = multiplyAdd(f, p, 0x1.e6f282p-4)
        p = multiplyAdd(f, p, -0x1.fc2138p-4)
        p = multiplyAdd(f, p, 0x1.23373ap-3)
        p = multiplyAdd(f, p, -0x1.555c52p-3)
        p = multiplyAdd(f, p, 0x1.99a4b8p-3)
        p = multiplyAdd(f, p, -0x1.000006p-2)
        p = multiplyAdd(f, p, 0x1.555548p-2)
        let square = f * f
        // ln 2 = 0x1.62e430p-1 − 0x1.05c610p-29.
        let tail = multiplyAdd(n, -0x1.05c610p-29, multiplyAdd(square * f, p, -0.5 * square))
        let finite = multiplyAdd(n, 0x1.62e430p-1, f + tail)
        let positive = x < .infinity ? finite : x
        return x > 0 ? positive : (x == 0 ? -.infinity : .nan)
    }

    /// The hyperbolic tangent.
    ///
    /// Computes x + x³·P(x²) for |x| < 0.55, else ±(1 − 2 / (e^{2|x|} + 1)).
    /// - Returns: tanh x, within 1.5 ulp; NaN for NaN; the sign of x, of zeros too.
    @inlinable @inline(__always)
    public static func tanh(_ x: Float) -> Float {
        let z = x * x
        var p = multiplyAdd(z, -0x1.9bb9f0p-8, 0x1.595670p-6)
        p = multiplyAdd(z, p, -0x1.b92bb8p-5)
        p = multiplyAdd(z, p, 0x1.110d3cp-3)
        p = multiplyAdd(z, p, -0x1.55554cp-2)
        let small = multiplyAdd(x * z, p, x)

        let magnitude = Float(bitPattern: x.bitPattern & 0x7FFF_FFFF)
        let clamped: Float = magnitude > 10 ? 10 : magnitude
        let (power, k) = exponentialParts(clamped + clamped)
        let large = 1 - 2 / multiplyAdd(power, powerOfTwo(k), 1)
        let value = magnitude < 0.55 ? small : large
        return Float(bitPattern: value.bitPattern | (x.bitPattern & 0x8000_0000))
    }

    /// The logistic function 1 / (1 + e⁻ˣ).
    ///
    /// Computes with e = e^{−|x|}: 1 / (1 + e) for x ≥ 0, else e / (1 + e), so that nothing overflows.
    /// - Returns: the value, within 2.5 ulp; NaN for NaN.
    @inlinable @inline(__always)
    public static func sigmoid(_ x: Float) -> Float {
        let e = exp(-Float(bitPattern: x.bitPattern & 0x7FFF_FFFF))
        let numerator: Float = x < 0 ? e : 1
        return numerator / (1 + e)
    }

    /// The error function 2/√π·∫₀ˣ e^(−t²) dt.
    ///
    /// Computes x + x·P(x²) for |x| < 1, else ±(1 − e^(−|x| − |x|·Q(|x|))), Q fitted to −ln erfc; from 4 on that is ±1.
    /// - Returns: erf x, within 1.1 ulp; NaN for NaN; the sign of x, of zeros too.
    @inlinable @inline(__always)
    public static func erf(_ x: Float) -> Float {
        let z = x * x
        var p = multiplyAdd(z, 0x1.496a32p-14, -0x1.a3f700p-11)
        p = multiplyAdd(z, p, 0x1.5405b2p-8)
        p = multiplyAdd(z, p, -0x1.b7f90ep-6)
        p = multiplyAdd(z, p, 0x1.ce2cf8p-4)
        p = multiplyAdd(z, p, -0x1.81273ep-2)
        p = multiplyAdd(z, p, 0x1.06eba8p-3)
        let small = multiplyAdd(x, p, x)

        let magnitude = Float(bitPattern: x.bitPattern & 0x7FFF_FFFF)
        let t: Float = magnitude > 4 ? 4 : magnitude
        var q = multiplyAdd(t, 0x1.d47ea0p-17, -0x1.6f9ec2p-12)
        q = multiplyAdd(t, q, 0x1.ec7fb6p-9)
        q = multiplyAdd(t, q, -0x1.896174p-6)
        q = multiplyAdd(t, q, 0x1.b459b0p-4)
        q = multiplyAdd(t, q, 0x1.451abap-1)
        q = multiplyAdd(t, q, 0x1.0790e6p-3)
        let (power, k) = exponentialParts(multiplyAdd(-t, q, -t))
        let large = multiplyAdd(-power, powerOfTwo(k), 1)
        let value = magnitude < 1 ? small : large
        return Float(bitPattern: value.bitPattern | (x.bitPattern & 0x8000_0000))
    }
}
