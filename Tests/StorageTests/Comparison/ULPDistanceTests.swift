import Storage
import Testing

@Suite struct ULPDistanceTests {
    @Test func neighboursAreOneApart() {
        for value: Float in [0, 1, -1, 1.5, 3.4e38, -.leastNormalMagnitude, .leastNonzeroMagnitude] {
            #expect(ULPDistance(value, value.nextUp) == .finite(1))
            #expect(ULPDistance(value.nextDown, value) == .finite(1))
            #expect(ULPDistance(value.nextDown, value.nextUp) == .finite(2))
        }
        #expect(ULPDistance(1.0, 1.0 + 3 * Double.ulpOfOne) == .finite(3))
    }

    @Test func zerosAreNoneApart() {
        #expect(ULPDistance(Float(-0.0), 0) == .finite(0))
        #expect(ULPDistance(-Float.leastNonzeroMagnitude, .leastNonzeroMagnitude) == .finite(2))
    }

    /// 2³¹ − 2²³ finite values of each sign: the ends are twice the largest's number apart, in Double beyond an Int64.
    @Test func endsAreTheWholeRangeApart() {
        let float = Float.greatestFiniteMagnitude
        #expect(ULPDistance(-float, float) == .finite(2 * 0x7f7f_ffff))
        let double = Double.greatestFiniteMagnitude
        #expect(ULPDistance(double, -double) == .finite(2 * 0x7fef_ffff_ffff_ffff))
    }

    @Test func whatIsNotFiniteIsSaidInWords() {
        #expect(ULPDistance(Float.infinity, 1) == .infinite)
        #expect(ULPDistance(Double.infinity, -.infinity) == .infinite)
        #expect(ULPDistance(Double.infinity, .infinity) == .finite(0))
        #expect(ULPDistance(Float.nan, 1) == .noNumber)
        #expect(ULPDistance(Float.nan, .infinity) == .noNumber)
        #expect([ULPDistance.noNumber, .finite(9), .infinite, .finite(2)].max() == .noNumber)
        #expect(ULPDistance.finite(9) < .infinite)
        #expect(["\(ULPDistance.finite(1))", "\(ULPDistance.finite(3))"] == ["1 ULP", "3 ULPs"])
    }
}
