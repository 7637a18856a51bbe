import Core
import Testing

struct StridedProductTests {
    /// The vectors' bits are those of one chain a number, whatever the sizes, the strides, and what lies between the rows.
    @Test(arguments: [(1, 1, 1), (3, 5, 1), (7, 2, 16), (8, 33, 17), (13, 4, 48), (2, 9, 65), (17, 1, 31), (5, 0, 20)])
    func everySizeIsOneChainANumber(rows: Int, depth: Int, columns: Int) {
        func run<Scalar: TrainingScalar>(_: Scalar.Type, accumulates: Bool) -> [Scalar] {
            let (xStride, bStride, yStride) = (depth + 3, columns + 5, columns + 2)
            let x = AlignedBuffer<Scalar>(count: rows * xStride)
            let b = AlignedBuffer<Scalar>(count: max(depth, 1) * bStride)
            let y = AlignedBuffer<Scalar>(count: rows * yStride)
            for (buffer, phase) in [(x, 0.0), (b, 1), (y, 2)] {
                for (i, value) in numbers(buffer.count, phase: phase).enumerated() {
                    buffer[i] = Scalar(Double(Float(value)))
                }
            }
            StridedProduct.multiply(
                x.base, xStride: xStride, rows: rows, depth: depth, b.base, bStride: bStride, columns: columns,
                into: y.base, yStride: yStride, accumulates: accumulates)
            return Array(y.elements)
        }
        func reference(accumulates: Bool) -> [Float] {
            let (xStride, bStride, yStride) = (depth + 3, columns + 5, columns + 2)
            let x = numbers(rows * xStride).map { Float($0) }
            let b = numbers(max(depth, 1) * bStride, phase: 1).map { Float($0) }
            var y = numbers(rows * yStride, phase: 2).map { Float($0) }
            for r in 0..<rows {
                for c in 0..<columns {
                    var sum = accumulates ? y[r * yStride + c] : 0
                    for k in 0..<depth { sum.addProduct(x[r * xStride + k], b[k * bStride + c]) }
                    y[r * yStride + c] = sum
                }
            }
            return y
        }
        for accumulates in [false, true] {
            #expect(run(Float.self, accumulates: accumulates) == reference(accumulates: accumulates))
            let double = run(Double.self, accumulates: accumulates)
            let dual = run(Dual<Double>.self, accumulates: accumulates)
            #expect(dual.reals.isClose(to: double, 1e-13))
            #expect(reference(accumulates: accumulates).reals.isClose(to: double, 1e-5))
        }
    }

    /// Sizes of whole blocks of sixteen, and with rests.
    @Test(arguments: [(3, 5), (16, 16), (33, 16), (16, 37), (32, 48), (1, 20)])
    func transposingSwapsTheIndices(rows: Int, columns: Int) {
        func check<Scalar: TrainingScalar>(_: Scalar.Type) {
            let source = AlignedBuffer<Scalar>(count: rows * (columns + 2))
            for i in 0..<source.count { source[i] = Scalar(Double(i)) }
            let target = AlignedBuffer<Scalar>(count: columns * (rows + 1))
            StridedProduct.transpose(
                source.base, stride: columns + 2, rows: rows, columns: columns, into: target.base,
                targetStride: rows + 1)
            for r in 0..<rows {
                for c in 0..<columns { #expect(target[c * (rows + 1) + r] == source[r * (columns + 2) + c]) }
            }
            for c in 0..<columns { #expect(target[c * (rows + 1) + rows] == .zero) }
        }
        check(Float.self)
        check(Double.self)
        check(Dual<Double>.self)
    }
}
