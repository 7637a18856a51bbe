import Core
import Testing

/// The distance from the true value in units of the last place of the true value rounded to Double.
private func ulps(_ value: Double, _ reference: Reference) -> Double {
    let rounded = Double(reference)
    if value == rounded && !value.isFinite { return 0 }
    return Double((Reference(value) - reference).magnitude / Reference(rounded.ulp))
}

/// The distance from the true value in units of the last place of the true value rounded to Float.
private func ulps(_ value: Float, _ reference: Double) -> Double {
    let rounded = Float(reference)
    if value == rounded && !value.isFinite { return 0 }
    return (Double(value) - reference).magnitude / Double(rounded.ulp)
}

struct ElementaryFunctionsTests {
    private func check(
        _ table: [(Double, Reference)], within bound: Double, _ function: (Double) -> Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (x, reference) in table {
            let error = ulps(function(x), reference)
            #expect(error <= bound, "\(error) ulp at \(x)", sourceLocation: sourceLocation)
        }
    }

    @Test func doubleFunctionsAgreeWithFortyDigits() {
        check(ElementaryReferences.exp, within: 0.9, Double.exp)
        check(ElementaryReferences.log, within: 0.9, Double.log)
        check(ElementaryReferences.tanh, within: 1.5, Double.tanh)
        check(ElementaryReferences.sigmoid, within: 2.5, Double.sigmoid)
        check(ElementaryReferences.erf, within: 1, Double.erf)
        check(ElementaryReferences.sin, within: 0.8, Double.sin)
        check(ElementaryReferences.cos, within: 0.8, Double.cos)
    }

    @Test func symmetricFunctionsAreSymmetric() {
        for (x, _) in ElementaryReferences.tanh {
            #expect(Double.tanh(-x) == -Double.tanh(x))
            #expect(Float.tanh(-Float(x)) == -Float.tanh(Float(x)))
        }
        for (x, _) in ElementaryReferences.erf {
            #expect(Double.erf(-x) == -Double.erf(x))
            #expect(Float.erf(-Float(x)) == -Float.erf(Float(x)))
        }
        for (x, _) in ElementaryReferences.sin {
            #expect(Double.sin(-x) == -Double.sin(x))
            #expect(Double.cos(-x) == Double.cos(x))
        }
    }

    /// Every 1,009th bit pattern, so every exponent, denormals, infinities and NaNs; the reference is the Double function.
    @Test(arguments: ["exp", "log", "tanh", "sigmoid", "erf"])
    func floatFunctionsOverTheWholeRange(name: String) throws {
        let (function, reference, bound): (@Sendable (Float) -> Float, @Sendable (Double) -> Double, Double) =
            switch name {
            case "exp": ({ Float.exp($0) }, { Double.exp($0) }, 1)
            case "log": ({ Float.log($0) }, { Double.log($0) }, 0.9)
            case "tanh": ({ Float.tanh($0) }, { Double.tanh($0) }, 1.5)
            case "erf": ({ Float.erf($0) }, { Double.erf($0) }, 1.1)
            default: ({ Float.sigmoid($0) }, { Double.sigmoid($0) }, 2.5)
            }
        var worst = 0.0
        var worstArgument: Float = 0
        for bits in stride(from: 0, through: Int(UInt32.max), by: 1009) {
            let x = Float(bitPattern: UInt32(bits))
            let value = function(x)
            let expected = reference(Double(x))
            if expected.isNaN || value.isNaN {
                #expect(expected.isNaN && value.isNaN, "\(name)(\(x)) = \(value), not \(expected)")
                continue
            }
            let error = ulps(value, expected)
            if error > worst { (worst, worstArgument) = (error, x) }
        }
        #expect(worst <= bound, "\(name): \(worst) ulp at \(worstArgument)")
    }

    @Test func specialValues() {
        // The error function has the values of tanh.
        let cases: [(Double, Double, Double, Double, Double)] = [
            (.infinity, .infinity, .infinity, 1, 1), (-.infinity, 0, .nan, -1, 0),
            (0, 1, -.infinity, 0, 0.5), (-0.0, 1, -.infinity, -0.0, 0.5), (.nan, .nan, .nan, .nan, .nan),
        ]
        for (x, e, l, t, s) in cases {
            expectSame(Double.exp(x), e)
            expectSame(Double.log(x), l)
            expectSame(Double.tanh(x), t)
            expectSame(Double.sigmoid(x), s)
            expectSame(Double.erf(x), t)
            expectSame(Double(Float.exp(Float(x))), e)
            expectSame(Double(Float.log(Float(x))), l)
            expectSame(Double(Float.tanh(Float(x))), t)
            expectSame(Double(Float.sigmoid(Float(x))), s)
            expectSame(Double(Float.erf(Float(x))), t)
        }
        #expect(Double.exp(709.79) == .infinity && Double.exp(709.78) < .infinity)
        #expect(Double.exp(-745.2) == 0 && Double.exp(-745.1) == .leastNonzeroMagnitude)
        #expect(Float.exp(88.73) == .infinity && Float.exp(88.72) < .infinity)
        #expect(Float.exp(-104) == 0 && Float.exp(-103.9) == .leastNonzeroMagnitude)
        #expect(Double.log(1).bitPattern == 0 && Float.log(1).bitPattern == 0)
        #expect(Double.sigmoid(-745) == .leastNonzeroMagnitude && Float.sigmoid(-103.9) == .leastNonzeroMagnitude)
        #expect(Double.erf(5.93) == 1 && Double.erf(5.86) < 1 && Double.erf(1e300) == 1)
        #expect(Float.erf(3.93) == 1 && Float.erf(3.83) < 1 && Float.erf(1e30) == 1)
        for x in [Double.infinity, -.infinity, .nan] {
            #expect(Double.sin(x).isNaN && Double.cos(x).isNaN)
        }
        expectSame(Double.sin(-0.0), -0.0)
        expectSame(Double.cos(0), 1)
    }

    @Test func powersAgreeWithFortyDigits() {
        for (x, y, reference) in ElementaryReferences.pow {
            let error = ulps(Double.pow(x, y), reference)
            #expect(error <= 0.9, "\(error) ulp at \(x)^\(y)")
        }
    }

    /// IEEE 754-2019, section 9.2.1.
    @Test func specialPowers() {
        let odd = 0x1p+53 - 1
        let cases: [(Double, Double, Double)] = [
            (.nan, 0, 1), (1, .nan, 1), (.nan, 1, .nan), (2, .nan, .nan), (-1, .infinity, 1), (-1, -.infinity, 1),
            (0, -3, .infinity), (-0.0, -3, -.infinity), (-0.0, -2, .infinity), (-0.0, 3, -0.0), (-0.0, 2, 0),
            (0, .infinity, 0), (0, -.infinity, .infinity), (0.5, .infinity, 0), (0.5, -.infinity, .infinity),
            (2, .infinity, .infinity), (2, -.infinity, 0), (.infinity, 3, .infinity), (.infinity, -3, 0),
            (-.infinity, 3, -.infinity), (-.infinity, 2, .infinity), (-.infinity, -3, -0.0),
            (-.infinity, 2.5, .infinity),
            (-2, 0.5, .nan), (-1, odd, -1), (-1, odd + 1, 1), (-2, 1023, -0x1p+1023), (-2, 1025, -.infinity),
            (-2, -1076, 0), (-2, -1077, -0.0), (2, 1e300, .infinity), (0.5, 1e300, 0),
        ]
        for (x, y, power) in cases {
            expectSame(Double.pow(x, y), power, "\(x)^\(y)")
        }
    }

    private func expectSame(
        _ value: Double, _ expected: Double, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isSame = expected.isNaN ? value.isNaN : value.bitPattern == expected.bitPattern
        #expect(isSame, "\(what): \(value), not \(expected)", sourceLocation: sourceLocation)
    }
}
