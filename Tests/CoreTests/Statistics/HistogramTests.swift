import Core
import Testing

/// Numbers with every exponent, both signs, borders and their neighbours, and every special value.
private let difficultNumbers: [Float] = {
    var numbers: [Float] = [0, -0.0, .nan, .signalingNaN, .infinity, -.infinity, Float(bitPattern: 0xffff_ffff)]
    for exponent in UInt32(0)...254 {
        for mantissa: UInt32 in [0, 1, 0x1fffff, 0x200000, 0x3fffff, 0x400000, 0x5fffff, 0x600000, 0x7fffff] {
            for sign: UInt32 in [0, 1] { numbers.append(Float(bitPattern: sign << 31 | exponent << 23 | mantissa)) }
        }
    }
    return numbers
}()

@Suite struct HistogramTests {
    private func counts(_ numbers: [Float], _ bins: HistogramBins = HistogramBins()) -> Histogram {
        var histogram = Histogram(bins)
        numbers.withUnsafeBufferPointer { histogram.add($0.baseAddress!, count: $0.count) }
        return histogram
    }

    @Test func binsByHand() {
        let bins = HistogramBins()
        #expect(bins.count == 131)
        #expect(bins.zeroBin == 65)
        #expect(bins.index(of: 0) == 65)
        #expect(bins.index(of: -0.0) == 65)
        #expect(bins.index(of: 0x1p-48) == 66)
        #expect(bins.index(of: (0x1p-48 as Float).nextDown) == 65)
        #expect(bins.index(of: -0x1p-48) == 64)
        #expect(bins.index(of: 1) == 66 + 48)
        #expect(bins.index(of: 1.999) == 66 + 48)
        #expect(bins.index(of: 2) == 66 + 49)
        // Each bin holds its lower magnitude: −1 is in the octave of 1.
        #expect(bins.index(of: -1) == 64 - 48)
        #expect(bins.index(of: -1.999) == 64 - 48)
        #expect(bins.index(of: 65535.996) == 129)
        #expect(bins.index(of: 65536) == 130)
        #expect(bins.index(of: .greatestFiniteMagnitude) == 130)
        #expect(bins.index(of: -65536) == 0)
        #expect(bins.index(of: -65535.996) == 1)
    }

    @Test func subdivisionsByHand() {
        let halves = HistogramBins(subdivisions: 2)
        #expect(halves.count == 259)
        #expect(halves.index(of: 1.4999999) + 1 == halves.index(of: 1.5))
        #expect(halves.index(of: 1) + 2 == halves.index(of: 2))
        let quarters = HistogramBins(subdivisions: 4)
        #expect(quarters.count == 515)
        #expect([1, 1.25, 1.5, 1.75, 2].map { quarters.index(of: $0) - quarters.index(of: 1) } == [0, 1, 2, 3, 4])
        #expect(
            [-1, -1.25, -1.5, -1.75, -2].map { quarters.index(of: -1) - quarters.index(of: $0) } == [0, 1, 2, 3, 4])
    }

    @Test(arguments: [1, 2, 4]) func everyNumberLiesBetweenItsEdges(subdivisions: Int) {
        let bins = HistogramBins(subdivisions: subdivisions)
        let edges = bins.edges
        #expect(edges.count == bins.count + 1)
        #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
        for number in difficultNumbers where number.isFinite {
            let bin = bins.index(of: number)
            let (lower, upper) = (edges[bin], edges[bin + 1])
            let value = Double(number)
            let isInside =
                bin == bins.zeroBin
                ? value > lower && value < upper
                : value > 0 ? value >= lower && value < upper : value > lower && value <= upper
            #expect(isInside, "\(number) in bin \(bin): \(lower) to \(upper)")
        }
    }

    @Test(arguments: [1, 2, 4]) func everyNumberIsCountedOnce(subdivisions: Int) {
        let bins = HistogramBins(subdivisions: subdivisions)
        // Short stretches and long ones are counted in different ways.
        for repetitions in [1, 9] {
            let numbers = (0..<repetitions).flatMap { _ in difficultNumbers }
            let histogram = counts(numbers, bins)
            var expected = [UInt64](repeating: 0, count: bins.count)
            for number in numbers where number.isFinite { expected[bins.index(of: number)] += 1 }
            #expect(Array(histogram.binCounts) == expected)
            #expect(histogram.nan == UInt64(numbers.count { $0.isNaN }))
            #expect(histogram.positiveInfinity == UInt64(repetitions))
            #expect(histogram.negativeInfinity == UInt64(repetitions))
            #expect(histogram.exactZeros == UInt64(numbers.count { $0 == 0 }))
            #expect(histogram.total == UInt64(numbers.count))
        }
    }

    @Test(arguments: [1, 2, 4]) func cuttingChangesNothing(subdivisions: Int) {
        let bins = HistogramBins(subdivisions: subdivisions)
        let numbers = (0..<40_000).map { i in
            Float(sign: i % 3 == 0 ? .minus : .plus, exponent: i % 70 - 52, significand: 1.3)
        }
        let whole = counts(numbers, bins)
        for cuts in [[0, 1, 2, 3, 40_000], [0, 511, 512, 1024, 10_001, 40_000]] {
            var merged = Histogram(bins)
            for (start, end) in zip(cuts, cuts.dropFirst()) { merged.merge(counts(Array(numbers[start..<end]), bins)) }
            #expect(merged == whole)
        }
    }

    @Test func countsAddUp() {
        var histogram = counts([1, 2, 3])
        histogram.merge(counts([-1, .nan]))
        #expect(histogram.total == 5)
        #expect(histogram.counts.count == 135)
        #expect(Histogram(HistogramBins(), counts: histogram.counts) == histogram)
    }
}
