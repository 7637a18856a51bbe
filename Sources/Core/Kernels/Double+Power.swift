extension Double {
    /// x to the power y.
    ///
    /// Computes exp(y·ln x) with ln x and the product to about 2⁻⁶⁷ relative. Special cases are those of IEEE 754-2019,
    /// section 9.2.1: x⁰ = 1 and 1ʸ = 1 for any x and y, NaN for a negative x with a y that is no integer.
    /// - Returns: the power, within 0.9 ulp.
    public static func pow(_ x: Double, _ y: Double) -> Double {
        if y == 0 || x == 1 { return 1 }
        if x.isNaN || y.isNaN { return .nan }
        let isInteger = y.magnitude >= 0x1p+53 || y == y.rounded(.towardZero)
        let isOdd = isInteger && y.magnitude < 0x1p+53 && Int64(y) & 1 == 1
        let sign: Double = x.sign == .minus && isOdd ? -1 : 1
        let base = x.magnitude
        if base == 0 || base == .infinity {
            return (base == 0) == (y < 0) ? sign * .infinity : sign * 0
        }
        if x < 0 && !isInteger { return .nan }
        if base == 1 { return sign }
        // |ln x| ≥ 1.1e-16 for x ≠ 1, so beyond this y the result overflows or vanishes; infinite y too.
        if y.magnitude > 0x1p+64 { return (y > 0) == (base > 1) ? sign * .infinity : sign * 0 }
        let (high, low) = logarithmPair(base)
        let product = y * high
        if product > 710 { return sign * .infinity }
        if product < -746 { return sign * 0 }
        return sign * exponential(product, multiplyAdd(y, high, -product) + y * low)
    }

    /// ln x as an unevaluated sum, for finite x > 0: 2·atanh(s) with s = f / (2 + f), the first terms in pairs.
    private static func logarithmPair(_ x: Double) -> (high: Double, low: Double) {
        let isSmall = x < 0x1p-1022
        let scaled = isSmall ? x * 0x1p+54 : x
        let bits = scaled.bitPattern &+ (0x3FF0_0000_0000_0000 &- 0x3FE6_A09E_667F_3BCD)
        let n = Double(Int(bits >> 52) - (isSmall ? 1023 + 54 : 1023))
        let m = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) &+ 0x3FE6_A09E_667F_3BCD)

        // s + sLow = (m − 1) / (m + 1).
        let f = m - 1
        let sum = m + 1
        let sumLow = m - (sum - 1)
        let s = f / sum
        let sLow = multiplyAdd(-s, sumLow, multiplyAdd(-s, sum, f)) / sum
        // z + zLow = s².
        let z = s * s
        let zLow = multiplyAdd(s, s, -z) + 2 * s * sLow
        // u + uLow = ⅓ + z/5 + z²·Q(z).
        var q = multiplyAdd(z, 0x1.e7dff02eddd70p-5, 0x1.de9e821d4207fp-5)
        q = multiplyAdd(z, q, 0x1.111dce786df87p-4)
        q = multiplyAdd(z, q, 0x1.3b137833e838bp-4)
        q = multiplyAdd(z, q, 0x1.745d17d763b24p-4)
        q = multiplyAdd(z, q, 0x1.c71c71c65a0abp-4)
        q = multiplyAdd(z, q, 0x1.24924924927cdp-3)
        q = multiplyAdd(z, q, 0x1.999999999999ap-3)
        let first = 0x1.5555555555555p-2
        let rest = z * q
        let u = first + rest
        let uLow = rest - (u - first) + (0x1.5555555555555p-56 + multiplyAdd(z, q, -rest) + zLow * q)
        // w + wLow = z·u, then t + tLow = s·w.
        let w = z * u
        let wLow = multiplyAdd(z, u, -w) + multiplyAdd(z, uLow, zLow * u)
        let t = s * w
        let tLow = multiplyAdd(s, w, -t) + multiplyAdd(s, wLow, sLow * w)
        // 2·(s + t), then n·ln 2 in front; 0x1.62e42feep-1 has 32 bits, so n times it is exact.
        let a = s + t
        let aLow = t - (a - s) + (sLow + tLow)
        let b = n * 0x1.62e42feep-1
        let c = b + 2 * a
        let cLow = 2 * a - (c - b) + multiplyAdd(n, 0x1.a39ef35793c76p-33, 2 * aLow)
        let high = c + cLow
        return (high, cLow - (high - c))
    }

    /// e^(x + low) for x in [−746, 710] and |low| below 2⁻⁴⁰.
    private static func exponential(_ x: Double, _ low: Double) -> Double {
        let shifted = multiplyAdd(x, 0x1.71547652b82fep+0, 0x1.8p+52)
        let biased = shifted.bitPattern &- Double(0x1.8p+52).bitPattern &+ 2048
        let n = shifted - 0x1.8p+52
        let first = multiplyAdd(n, -0x1.62e42feep-1, x)
        let second = multiplyAdd(n, -0x1.a39ef35793c76p-33, first)
        let rest = multiplyAdd(n, -0x1.a39ef35793c76p-33, first - second) + low
        let r = second + rest
        let power = exponentialPolynomial(r, rest - (r - second))
        let half = biased &>> 1
        return power * powerOfTwo(biased: half &+ 1024) * powerOfTwo(biased: biased &- half &+ 1024)
    }
}
