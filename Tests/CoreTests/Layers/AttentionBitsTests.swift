import Core
import Testing

/// Attention one number at a time, in the order that Documentation/attention.md gives: whatever the layer does at once, no bit
/// may differ.
struct AttentionBitsTests {
    /// [rows, columns], row-major.
    private struct Matrix {
        let rows: Int
        let columns: Int
        var values: [Float]

        init(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Float) {
            self.rows = rows
            self.columns = columns
            values = (0..<(rows * columns)).map { value($0 / columns, $0 % columns) }
        }

        subscript(_ r: Int, _ c: Int) -> Float { values[r * columns + c] }

        var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }

        func columns(_ range: Range<Int>) -> Matrix { Matrix(rows, range.count) { self[$0, range.lowerBound + $1] } }

        /// Σ a·b over the given k, one chain each.
        static func product(_ a: Matrix, _ b: Matrix, over k: (Int) -> Range<Int>) -> Matrix {
            Matrix(a.rows, b.columns) { r, c in
                k(r).reduce(Float(0)) { $0.addingProduct(a[r, $1], b[$1, c]) }
            }
        }

        static func * (a: Matrix, b: Matrix) -> Matrix { product(a, b) { _ in 0..<a.columns } }

        static func + (a: Matrix, b: Matrix) -> Matrix { Matrix(a.rows, a.columns) { a[$0, $1] + b[$0, $1] } }
    }

    /// Sixteen lanes, joined 8-4-2-1.
    private func laneSum(_ count: Int, _ add: (Float, Int) -> Float) -> Float {
        var lanes = [Float](repeating: 0, count: 16)
        for i in 0..<count { lanes[i % 16] = add(lanes[i % 16], i) }
        for width in [8, 4, 2, 1] { for j in 0..<width { lanes[j] += lanes[j + width] } }
        return lanes[0]
    }

    /// Steps on both sides of a vector, of a tile and of a block of rows; heads of part of a vector, of one, two and four.
    @Test(
        arguments: [(1, 2, 3), (2, 1, 5), (17, 3, 4), (28, 1, 16), (33, 2, 20), (37, 1, 32), (64, 1, 64), (70, 2, 7)],
        [false, true])
    func everyBitIsThatOfPlainLoops(_ size: (steps: Int, heads: Int, headWidth: Int), causal: Bool) throws {
        let (steps, heads, width) = (size.steps, size.heads, size.heads * size.headWidth)
        let network = try TestNetwork<Float>(
            [
                NamedLayer(
                    name: "layer",
                    description: MultiHeadAttentionDescription(heads: heads, isCausal: causal, hasBias: false))
            ], inputShape: [steps, width], rowCounts: [1])
        let x = numbers(steps * width, scale: 2)
        let dY = numbers(steps * width, scale: 2, phase: 1)
        func weight(_ part: String) -> Matrix {
            let values = network.values("layer/\(part)_weight")
            return Matrix(width, width) { values[$0 * width + $1] }
        }
        let (wQ, wK, wV, wO) = (weight("query"), weight("key"), weight("value"), weight("output"))
        let input = Matrix(steps, width) { Float(x[$0 * width + $1]) }
        let outputGradient = Matrix(steps, width) { Float(dY[$0 * width + $1]) }

        let (q, k, v, dO) = (input * wQ, input * wK, input * wV, outputGradient * wO.transposed)
        let scale = 1 / Float(size.headWidth).squareRoot()
        let seen = { (t: Int) in causal ? t + 1 : steps }
        let parts = (0..<heads).map { head in
            let range = (head * size.headWidth)..<((head + 1) * size.headWidth)
            let (q, k, v, dO) = (q.columns(range), k.columns(range), v.columns(range), dO.columns(range))
            let s = q * k.transposed
            let p = rows(steps, seen) { t in
                let largest = (0..<seen(t)).map { s[t, $0] }.max()!
                let powers = (0..<seen(t)).map { Float.exp((s[t, $0] - largest) * scale) }
                let sum = laneSum(seen(t)) { $0 + powers[$1] }
                return powers.map { $0 / sum }
            }
            let dP = dO * v.transposed
            let dS = rows(steps, seen) { t in
                let projection = laneSum(seen(t)) { $0.addingProduct(dP[t, $1], p[t, $1]) }
                return (0..<seen(t)).map { p[t, $0] * (dP[t, $0] - projection) * scale }
            }
            let seers = { (s: Int) in causal ? s..<steps : 0..<steps }
            return (
                o: Matrix.product(p, v) { 0..<seen($0) }, dQ: Matrix.product(dS, k) { 0..<seen($0) },
                dK: Matrix.product(dS.transposed, q, over: seers), dV: Matrix.product(p.transposed, dO, over: seers)
            )
        }
        func joined(_ part: (Int) -> Matrix) -> Matrix {
            Matrix(steps, width) { part($1 / size.headWidth)[$0, $1 % size.headWidth] }
        }
        let y = joined { parts[$0].o } * wO
        let dX =
            joined { parts[$0].dQ } * wQ.transposed + joined { parts[$0].dK } * wK.transposed
            + joined { parts[$0].dV } * wV.transposed

        #expect(network.forward(x).map(\.bitPattern) == y.values.map(\.bitPattern))
        #expect(network.backward(dY).map(\.bitPattern) == dX.values.map(\.bitPattern))
    }

    /// A square of rows that end where `seen` says, 0 beyond.
    private func rows(_ steps: Int, _ seen: (Int) -> Int, _ row: (Int) -> [Float]) -> Matrix {
        let values = (0..<steps).map { row($0) }
        return Matrix(steps, steps) { $1 < seen($0) ? values[$0][$1] : 0 }
    }
}
