import Core
import Testing

struct RowReductionTests {
    /// The order as the documentation says it, one number at a time.
    private func laneSum<Scalar: TrainingScalar>(_ x: [Scalar]) -> Scalar {
        var lanes = [Scalar](repeating: .zero, count: 16)
        for (i, value) in x.enumerated() { lanes[i % 16] = lanes[i % 16] + value }
        let eight = (0..<8).map { lanes[$0] + lanes[$0 + 8] }
        let four = (0..<4).map { eight[$0] + eight[$0 + 4] }
        return (four[0] + four[2]) + (four[1] + four[3])
    }

    private func values(_ count: Int) -> [Double] {
        (0..<count).map { Double.sin(Double($0 * $0 + 1)) * Double.exp(Double($0 % 7)) }
    }

    @Test(arguments: [0, 1, 2, 9, 10, 15, 16, 17, 31, 32, 33, 100, 1000, 1023])
    func sumsHaveTheOrderOfSixteenLanes(count: Int) {
        let doubles = values(count)
        let floats = doubles.map { Float($0) }
        #expect(RowReduction.sum(doubles, count: count).bitPattern == laneSum(doubles).bitPattern)
        #expect(RowReduction.sum(floats, count: count).bitPattern == laneSum(floats).bitPattern)
        let duals: [Dual<Double>] = doubles.map { Dual<Double>(value: $0, tangent: 2 * $0) }
        let dual = RowReduction.sum(duals, count: count)
        #expect(dual.value == laneSum(doubles) && dual.tangent == laneSum(doubles.map { 2 * $0 }))
    }

    @Test(arguments: [0, 1, 2, 9, 10, 15, 16, 17, 31, 32, 33, 100, 1000, 1023])
    func productsAreChainedInSixteenLanes(count: Int) {
        func reference<Scalar: TrainingScalar>(_ x: [Scalar], _ y: [Scalar]) -> Scalar {
            var lanes = [Scalar](repeating: .zero, count: 16)
            for i in 0..<x.count { lanes[i % 16] = Scalar.multiplyAdd(x[i], y[i], lanes[i % 16]) }
            for width in [8, 4, 2, 1] { for j in 0..<width { lanes[j] = lanes[j] + lanes[j + width] } }
            return lanes[0]
        }
        let x = values(count)
        let y = Array(values(count + 3).suffix(count))
        #expect(RowReduction.dot(x, y, count: count).bitPattern == reference(x, y).bitPattern)
        let (u, v) = (x.map { Float($0) }, y.map { Float($0) })
        #expect(RowReduction.dot(u, v, count: count).bitPattern == reference(u, v).bitPattern)
        let duals: [Dual<Double>] = x.map { Dual<Double>(value: $0, tangent: 1) }
        let constants: [Dual<Double>] = y.map { Dual<Double>(value: $0, tangent: 0) }
        let dual = RowReduction.dot(duals, constants, count: count)
        #expect(dual.value == reference(duals, constants).value)
        #expect(dual.tangent == reference([Double](repeating: 1, count: count), y))
    }

    @Test func theOrderMatters() {
        let floats = values(1000).map { Float($0) }
        #expect(RowReduction.sum(floats, count: 1000) != floats.reduce(0, +))
    }

    @Test(arguments: [1, 5, 16, 17, 40, 333])
    func maximumIsTheLargest(count: Int) {
        var x = values(count)
        #expect(RowReduction.maximum(x, count: count) == x.max())
        #expect(RowReduction.maximum(x.map { Float($0) }, count: count) == x.map { Float($0) }.max())
        x = x.map { -$0.magnitude - 1 }
        #expect(RowReduction.maximum(x, count: count) == x.max())
        let duals: [Dual<Double>] = x.enumerated().map { Dual<Double>(value: $1, tangent: Double($0)) }
        #expect(RowReduction.maximum(duals, count: count).value == x.max())
        #expect(Int(RowReduction.maximum(duals, count: count).tangent) == x.firstIndex(of: x.max()!))
    }

    @Test func nothingHasNoSumAndNoMaximum() {
        #expect(RowReduction.maximum([Float](), count: 0) == -.infinity)
        #expect(RowReduction.sum([Double](), count: 0).bitPattern == 0)
    }

    /// Widths of one tile, of several, of none; rows so few that a tile would reach behind the last one.
    @Test(
        arguments: [1, 2, 3, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 25, 31, 32, 33, 48, 49, 63, 64, 65, 100],
        [0..<0, 0..<1, 2..<4, 1..<8, 3..<40])
    func rowsAreSummedInTheirOrder(width: Int, rows: Range<Int>) {
        func reference<Scalar: TrainingScalar>(_ x: [Scalar]) -> [Scalar] {
            (0..<width).map { i in rows.reduce(Scalar.zero) { $0 + x[$1 * width + i] } }
        }
        func sums<Scalar: TrainingScalar>(_ x: [Scalar]) -> [Scalar] {
            var sums = [Scalar](repeating: Scalar(7), count: width + 1)
            RowReduction.sumRows(x, rows, width: width, into: &sums)
            #expect(sums.removeLast() == Scalar(7))
            return sums
        }
        let doubles = values(max(1, rows.upperBound * width))
        let floats = doubles.map { Float($0) }
        #expect(sums(doubles).map(\.bitPattern) == reference(doubles).map(\.bitPattern))
        #expect(sums(floats).map(\.bitPattern) == reference(floats).map(\.bitPattern))
        let duals: [Dual<Double>] = doubles.map { Dual<Double>(value: $0, tangent: 2 * $0) }
        #expect(sums(duals).map(\.tangent) == reference(doubles.map { 2 * $0 }))
    }
}
