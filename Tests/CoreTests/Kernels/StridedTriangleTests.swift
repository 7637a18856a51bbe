import Core
import Testing

struct StridedTriangleTests {
    /// Sizes on both sides of a tile's rows, and columns on both sides of one vector, two and three.
    static let cases = [(1, 1), (5, 3), (16, 16), (17, 5), (33, 8), (40, 19), (27, 32), (9, 64), (30, 83)]
    /// Rows lie further apart than they are long, and what is between them stays as it was.
    private static let gap = 3
    private static let untouched = -77.0

    private struct Matrix<Scalar: TrainingScalar> {
        let memory: AlignedBuffer<Scalar>
        let stride: Int

        /// - Parameter value: nil where nothing may look.
        init(rows: Int, columns: Int, _ value: (Int, Int) -> Double?) {
            stride = columns + StridedTriangleTests.gap
            memory = AlignedBuffer(count: rows * stride)
            memory.elements.update(repeating: Scalar(StridedTriangleTests.untouched))
            for r in 0..<rows {
                for c in 0..<columns { memory[r * stride + c] = Scalar(value(r, c) ?? .nan) }
            }
        }

        func row(_ r: Int, columns: Int) -> [Scalar] { (0..<columns).map { memory[r * stride + $0] } }

        func isUntouchedBetweenRows(columns: Int) -> Bool {
            memory.elements.indices.allSatisfy {
                $0 % stride < columns || memory[$0] == Scalar(StridedTriangleTests.untouched)
            }
        }
    }

    private func value(_ r: Int, _ c: Int) -> Double { Double((r * 37 + c * 101) % 211 - 105) / 64 }

    private func check<Scalar: TrainingScalar>(_ scalar: Scalar.Type, size: Int, columns: Int) {
        let lower = Matrix<Scalar>(rows: size, columns: size) { $1 <= $0 ? value($0, $1) : nil }
        let whole = Matrix<Scalar>(rows: size, columns: size) { value($0, $1) }
        let b = Matrix<Scalar>(rows: size, columns: columns) { value($0 + 7, $1) }

        // One chain over the elements that exist, in order.
        func chain(_ range: Range<Int>, _ term: (Int) -> (Scalar, Scalar)) -> Scalar {
            range.reduce(Scalar.zero) { sum, k in
                let (x, y) = term(k)
                return Scalar.multiplyAdd(x, y, sum)
            }
        }

        // In blocks of rows that begin anywhere.
        let y = Matrix<Scalar>(rows: size, columns: columns) { _, _ in nil }
        for first in stride(from: 0, to: size, by: 13) {
            StridedProduct.multiply(
                lower: lower.memory.base + first * lower.stride, lStride: lower.stride, rows: min(13, size - first),
                first: first, b.memory.base, bStride: b.stride, columns: columns,
                into: y.memory.base + first * y.stride, yStride: y.stride)
        }
        let gathered = Matrix<Scalar>(rows: size, columns: columns) { _, _ in nil }
        StridedProduct.multiply(
            transposed: lower.memory.base, xStride: lower.stride, isLower: true, rows: size, depth: size,
            b.memory.base, bStride: b.stride, columns: columns, into: gathered.memory.base, yStride: gathered.stride)
        let rows = max(1, size - 2)
        let transposed = Matrix<Scalar>(rows: rows, columns: columns) { _, _ in nil }
        StridedProduct.multiply(
            transposed: whole.memory.base, xStride: whole.stride, isLower: false, rows: rows, depth: size,
            b.memory.base, bStride: b.stride, columns: columns, into: transposed.memory.base,
            yStride: transposed.stride)

        for t in 0..<size {
            #expect(
                y.row(t, columns: columns)
                    == (0..<columns).map { c in
                        chain(0..<(t + 1)) { (lower.memory[t * lower.stride + $0], b.memory[$0 * b.stride + c]) }
                    })
            #expect(
                gathered.row(t, columns: columns)
                    == (0..<columns).map { c in
                        chain(t..<size) { (lower.memory[$0 * lower.stride + t], b.memory[$0 * b.stride + c]) }
                    })
        }
        for t in 0..<rows {
            #expect(
                transposed.row(t, columns: columns)
                    == (0..<columns).map { c in
                        chain(0..<size) { (whole.memory[$0 * whole.stride + t], b.memory[$0 * b.stride + c]) }
                    })
        }
        for matrix in [y, gathered, transposed] { #expect(matrix.isUntouchedBetweenRows(columns: columns)) }
    }

    /// What is above the diagonal is NaN in the operand, so that a look there would show.
    @Test(arguments: cases)
    func elementsAreChainsOverWhatExists(size: Int, columns: Int) {
        check(Float.self, size: size, columns: columns)
        check(Double.self, size: size, columns: columns)
        check(Dual<Double>.self, size: size, columns: columns)
    }
}
