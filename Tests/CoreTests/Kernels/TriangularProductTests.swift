import Core
import Testing

struct TriangularProductTests {
    /// Sizes on both sides of a block of rows, and columns on both sides of a vector.
    static let cases = [(1, 1), (5, 3), (16, 16), (17, 5), (33, 8), (40, 19)]
    /// Rows lie further apart than they are long, and what is between them stays as it was.
    private static let gap = 3
    private static let untouched = -77.0

    private struct Matrix<Scalar: TrainingScalar> {
        let memory: AlignedBuffer<Scalar>
        let stride: Int

        /// - Parameter value: nil where nothing may look.
        init(rows: Int, columns: Int, _ value: (Int, Int) -> Double?) {
            stride = columns + TriangularProductTests.gap
            memory = AlignedBuffer(count: rows * stride)
            memory.elements.update(repeating: Scalar(TriangularProductTests.untouched))
            for r in 0..<rows {
                for c in 0..<columns { memory[r * stride + c] = Scalar(value(r, c) ?? .nan) }
            }
        }

        func row(_ r: Int, columns: Int) -> [Scalar] { (0..<columns).map { memory[r * stride + $0] } }

        func isUntouchedBetweenRows(columns: Int) -> Bool {
            memory.elements.indices.allSatisfy {
                $0 % stride < columns || memory[$0] == Scalar(TriangularProductTests.untouched)
            }
        }
    }

    private func value(_ r: Int, _ c: Int) -> Double { Double((r * 37 + c * 101) % 211 - 105) / 64 }

    private func check<Scalar: TrainingScalar>(_ scalar: Scalar.Type, size: Int, columns: Int) {
        let lower = Matrix<Scalar>(rows: size, columns: size) { $1 <= $0 ? value($0, $1) : nil }
        let upper = Matrix<Scalar>(rows: size, columns: size) { $1 >= $0 ? value($1, $0) : nil }
        let b = Matrix<Scalar>(rows: size, columns: columns) { value($0 + 7, $1) }
        let transposed = Matrix<Scalar>(rows: columns, columns: size) { value($1 + 7, $0) }

        // One chain over the elements that exist, in order.
        func chain(_ range: Range<Int>, _ term: (Int) -> (Scalar, Scalar)) -> Scalar {
            range.reduce(Scalar.zero) { sum, k in
                let (x, y) = term(k)
                return Scalar.multiplyAdd(x, y, sum)
            }
        }

        let y = Matrix<Scalar>(rows: size, columns: columns) { _, _ in nil }
        TriangularProduct.multiply(
            lower: lower.memory.base, lStride: lower.stride, size: size, b.memory.base, bStride: b.stride,
            columns: columns, into: y.memory.base, yStride: y.stride)
        let gathered = Matrix<Scalar>(rows: size, columns: columns) { _, _ in nil }
        TriangularProduct.multiply(
            upper: upper.memory.base, uStride: upper.stride, size: size, b.memory.base, bStride: b.stride,
            columns: columns, into: gathered.memory.base, yStride: gathered.stride)
        let square = Matrix<Scalar>(rows: size, columns: size) { _, _ in nil }
        TriangularProduct.lowerTriangle(
            of: b.memory.base, xStride: b.stride, depth: columns, transposed.memory.base, bStride: transposed.stride,
            size: size, into: square.memory.base, yStride: square.stride)

        for t in 0..<size {
            let bRow = b.row(t, columns: columns)
            #expect(
                y.row(t, columns: columns)
                    == (0..<columns).map { c in
                        chain(0..<(t + 1)) { (lower.memory[t * lower.stride + $0], b.memory[$0 * b.stride + c]) }
                    })
            #expect(
                gathered.row(t, columns: columns)
                    == (0..<columns).map { c in
                        chain(t..<size) { (upper.memory[t * upper.stride + $0], b.memory[$0 * b.stride + c]) }
                    })
            #expect(
                square.row(t, columns: t + 1)
                    == (0...t).map { s in
                        chain(0..<columns) { (bRow[$0], transposed.memory[$0 * transposed.stride + s]) }
                    })
        }
        #expect(y.isUntouchedBetweenRows(columns: columns) && gathered.isUntouchedBetweenRows(columns: columns))
        #expect(square.isUntouchedBetweenRows(columns: size))
    }

    /// What is above the diagonal is NaN in the operands, so that a look there would show.
    @Test(arguments: cases)
    func elementsAreChainsOverWhatExists(size: Int, columns: Int) {
        check(Float.self, size: size, columns: columns)
        check(Double.self, size: size, columns: columns)
        check(Dual<Double>.self, size: size, columns: columns)
    }
}
