import Core
import Testing

struct MatrixProductTests {
    struct Size: CustomTestStringConvertible, Sendable {
        let rows: Int
        let inputs: Int
        let outputs: Int
        var testDescription: String { "\(rows) × \(inputs) × \(outputs)" }
    }

    /// Every height of a tile, remainders of rows, panels and vectors on every side, depths beyond one block of k.
    static let sizes: [Size] = {
        var sizes: [Size] = []
        for rows in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 23, 64] {
            sizes.append(Size(rows: rows, inputs: 19, outputs: 37))
        }
        for outputs in Array(1...17) + [24, 31, 32, 33, 47, 48, 49, 55, 56, 63, 64, 65, 97, 130] {
            sizes.append(Size(rows: 13, inputs: 21, outputs: outputs))
        }
        for inputs in Array(1...17) + [31, 33, 47, 49, 64, 100] {
            sizes.append(Size(rows: 9, inputs: inputs, outputs: 50))
        }
        // A narrow last panel of the weight beside whole panels of inputs, and what is left of them.
        for inputs in [15, 16, 31, 32, 47, 48, 80, 131] {
            for outputs in [1, 7, 10, 15, 26] { sizes.append(Size(rows: 17, inputs: inputs, outputs: outputs)) }
        }
        for depth in [1023, 1024, 1025, 2050] {
            sizes.append(Size(rows: 7, inputs: depth, outputs: 21))
            sizes.append(Size(rows: 7, inputs: 21, outputs: depth))
        }
        for rows in [1, 2, 3] { sizes.append(Size(rows: rows, inputs: 40, outputs: 300)) }
        // As much as is kept packed of a weight: two strips of its rows, two blocks of k.
        sizes.append(Size(rows: 4, inputs: 64, outputs: 1024))
        sizes.append(Size(rows: 300, inputs: 700, outputs: 18))
        sizes.append(Size(rows: 1, inputs: 1, outputs: 1))
        return sizes
    }()

    private func check<Scalar: TrainingScalar>(
        _ size: Size, of: Scalar.Type, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (rows, inputs, outputs) = (size.rows, size.inputs, size.outputs)
        let x: AlignedBuffer<Scalar> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 2)
        let b: AlignedBuffer<Scalar> = fill(outputs, seed: 3)
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 4)
        let limits = PassLimits(rows: rows, shards: 1, roots: 1)
        let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
        let reference = PlainProduct<Scalar>(inputs: inputs, outputs: outputs, layout: .columnPanels)
        product.prepare(limits: limits)
        reference.prepare(limits: limits)

        // One row more than is computed: nothing may be written behind the end.
        func compare(
            _ what: String, _ count: Int, behind: Int, _ compute: (UnsafeMutablePointer<Scalar>) -> Void,
            _ expected: (UnsafeMutablePointer<Scalar>) -> Void
        ) {
            let result: AlignedBuffer<Scalar> = fill(count + behind, seed: 5)
            let wanted: AlignedBuffer<Scalar> = fill(count + behind, seed: 5)
            compute(result.base)
            expected(wanted.base)
            let found = difference(result, wanted)
            #expect(found == nil, "\(what)", sourceLocation: sourceLocation)
        }
        for bias in [nil, UnsafePointer(b.base)] {
            compare("forward", rows * outputs, behind: outputs) {
                product.forward(x.base, rows: rows, weight: w.base, bias: bias, into: $0)
            } _: {
                reference.forward(x.base, rows: rows, weight: w.base, bias: bias, into: $0)
            }
        }
        compare("input gradient", rows * inputs, behind: inputs) {
            product.inputGradient(dY.base, rows: rows, weight: w.base, into: $0)
        } _: {
            reference.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: false, into: $0)
        }
        // Rows that lie further apart.
        let (xStride, dYStride) = (3 * inputs + 1, 2 * outputs + 5)
        let xApart: AlignedBuffer<Scalar> = fill(rows * xStride, seed: 8)
        let dYApart: AlignedBuffer<Scalar> = fill(rows * dYStride, seed: 9)
        for n in 0..<rows {
            (xApart.base + n * xStride).update(from: x.base + n * inputs, count: inputs)
            (dYApart.base + n * dYStride).update(from: dY.base + n * outputs, count: outputs)
        }
        compare("forward of rows apart", rows * outputs, behind: outputs) {
            product.forward(xApart.base, xStride: xStride, rows: rows, weight: w.base, bias: b.base, into: $0)
        } _: {
            reference.forward(x.base, rows: rows, weight: w.base, bias: b.base, into: $0)
        }
        compare("input gradient of rows apart", rows * inputs, behind: inputs) {
            product.inputGradient(dYApart.base, dYStride: dYStride, rows: rows, weight: w.base, into: $0)
        } _: {
            reference.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: false, into: $0)
        }
        let layout = ShardLayout(rows: rows, shards: 1)
        compare("weight gradient", inputs * outputs, behind: 16) {
            product.weightGradient(x.base, dY.base, layout: layout, root: 0, into: $0)
        } _: {
            reference.weightGradient(x.base, dY.base, layout: layout, root: 0, into: $0)
        }
        // One row at a time.
        compare("row by row", rows * outputs, behind: 0) { y in
            for n in 0..<rows {
                product.forward(x.base + n * inputs, rows: 1, weight: w.base, bias: b.base, into: y + n * outputs)
            }
        } _: {
            reference.forward(x.base, rows: rows, weight: w.base, bias: b.base, into: $0)
        }
        compare("input gradient row by row", rows * inputs, behind: 0) { dX in
            for n in 0..<rows {
                product.inputGradient(dY.base + n * outputs, rows: 1, weight: w.base, into: dX + n * inputs)
            }
        } _: {
            reference.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: false, into: $0)
        }
        // Of a weight that stays, but for what comes between; then of another.
        compare("input gradient of the same weight", rows * inputs, behind: 0) { dX in
            for n in 0..<rows {
                product.inputGradient(
                    dY.base + n * outputs, rows: 1, weight: w.base, weightIsUnchanged: true, into: dX + n * inputs)
                if n == rows / 2 {
                    let dW: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 6)
                    product.weightGradient(x.base, dY.base, layout: layout, root: 0, into: dW.base)
                }
            }
        } _: {
            reference.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: false, into: $0)
        }
        let other: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 7)
        compare("input gradient of another weight", rows * inputs, behind: inputs) {
            product.inputGradient(dY.base, rows: rows, weight: other.base, into: $0)
        } _: {
            reference.inputGradient(dY.base, rows: rows, weight: other.base, weightIsUnchanged: false, into: $0)
        }
    }

    @Test(arguments: sizes)
    func nativeHasTheBitsOfPlainLoops(size: Size) {
        check(size, of: Float.self)
        check(size, of: Double.self)
    }

    /// A weight larger than what there always is room for, if it shall be kept: nobody looks at it again.
    @Test func aLargeWeightCanBeKept() {
        checkKept(of: Float.self)
        checkKept(of: Double.self)
    }

    private func checkKept<Scalar: TrainingScalar>(of: Scalar.Type) {
        let (rows, inputs, outputs) = (3, 100, 1030)
        let w: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 1)
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 2)
        let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
        let reference = PlainProduct<Scalar>(inputs: inputs, outputs: outputs, layout: .columnPanels)
        product.prepare(limits: PassLimits(rows: rows, shards: 1, roots: 1), keepsWeight: true)
        let wanted = AlignedBuffer<Scalar>(count: rows * inputs)
        reference.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: false, into: wanted.base)
        let result = AlignedBuffer<Scalar>(count: rows * inputs)
        product.inputGradient(dY.base, rows: rows, weight: w.base, into: result.base)
        #expect(difference(result, wanted) == nil)
        w.base.update(repeating: Scalar(.nan), count: w.count)
        product.inputGradient(dY.base, rows: rows, weight: w.base, weightIsUnchanged: true, into: result.base)
        #expect(difference(result, wanted) == nil)
    }

    static let shardings: [[Int]] = [
        [8, 8, 8, 8, 8, 8, 8, 8], [3, 3, 3, 2, 2, 2, 2, 2], [1, 1, 1, 1, 1, 0, 0, 0], [0, 5, 0, 0, 4, 1, 0, 2],
        [0, 0, 0, 0, 0, 0, 0, 6], [7], [0, 7], [7, 0], [2, 3, 4], [1, 2, 0, 4, 5],
        [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4],
        [Int](repeating: 2, count: 37), [0, 0, 1, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1],
    ]

    private func checkShards<Scalar: TrainingScalar>(_ rowCounts: [Int], inputs: Int, outputs: Int, of: Scalar.Type) {
        let shards = rowCounts.count
        let rows = rowCounts.reduce(0, +)
        let x: AlignedBuffer<Scalar> = fill(rows * inputs, seed: 1)
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 2)
        // All shards under one root; and as a rank has them that owns all but the first.
        for roots in [[0..<shards], [0..<1] + ShardTree.maximalSubtrees(of: 1..<shards, shards: shards)] {
            let layout = ShardLayout(rowCounts: rowCounts, roots: roots)
            let limits = PassLimits(rows: rows, shards: shards, roots: roots.count)
            let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
            let reference = PlainProduct<Scalar>(inputs: inputs, outputs: outputs, layout: .columnPanels)
            product.prepare(limits: limits)
            reference.prepare(limits: limits)
            // Another X with the same dY.
            let z: AlignedBuffer<Scalar> = fill(rows * (inputs + 3), seed: 4)
            let other = MatrixProduct<Scalar>(inputs: inputs + 3, outputs: outputs, backend: .native)
            other.prepare(limits: limits)
            for root in roots.indices {
                let result: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 3)
                let wanted: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 3)
                product.weightGradient(x.base, dY.base, layout: layout, root: root, into: result.base)
                reference.weightGradient(x.base, dY.base, layout: layout, root: root, into: wanted.base)
                let found = difference(result, wanted)
                #expect(found == nil, "\(rowCounts), root \(roots[root]), \(inputs) × \(outputs)")
                let together: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 3)
                let beside: AlignedBuffer<Scalar> = fill((inputs + 3) * outputs, seed: 3)
                let alone: AlignedBuffer<Scalar> = fill((inputs + 3) * outputs, seed: 3)
                product.weightGradient(
                    x.base, dY.base, layout: layout, root: root, into: together.base, alongside: other, z.base,
                    into: beside.base)
                other.weightGradient(z.base, dY.base, layout: layout, root: root, into: alone.base)
                #expect(difference(together, result) == nil && difference(beside, alone) == nil)
            }
        }
    }

    @Test(arguments: shardings)
    func weightGradientsFollowTheTree(rowCounts: [Int]) {
        for (inputs, outputs) in [(1, 1), (5, 16), (6, 10), (13, 33), (22, 70), (55, 10), (35, 39)] {
            checkShards(rowCounts, inputs: inputs, outputs: outputs, of: Float.self)
            checkShards(rowCounts, inputs: inputs, outputs: outputs, of: Double.self)
        }
    }

    /// The tree is not the same as one sum: else the test above would show nothing.
    @Test func theTreeMatters() {
        let rows = 64
        let (inputs, outputs) = (13, 33)
        let x: AlignedBuffer<Float> = fill(rows * inputs, seed: 1)
        let dY: AlignedBuffer<Float> = fill(rows * outputs, seed: 2)
        let product = MatrixProduct<Float>(inputs: inputs, outputs: outputs, backend: .native)
        product.prepare(limits: PassLimits(rows: rows, shards: 8, roots: 1))
        let results = [1, 8].map { shards in
            let dW = AlignedBuffer<Float>(count: inputs * outputs)
            product.weightGradient(
                x.base, dY.base, layout: ShardLayout(rows: rows, shards: shards), root: 0, into: dW.base)
            return dW
        }
        #expect(difference(results[0], results[1]) != nil)
    }

    @Test func noRowsLeaveTheWeightGradientAlone() {
        let product = MatrixProduct<Float>(inputs: 3, outputs: 5, backend: .native)
        product.prepare(limits: PassLimits(rows: 4, shards: 2, roots: 1))
        let dW: AlignedBuffer<Float> = fill(15, seed: 1)
        let x = AlignedBuffer<Float>(count: 0)
        product.weightGradient(x.base, x.base, layout: ShardLayout(rows: 0, shards: 2), root: 0, into: dW.base)
        product.forward(x.base, rows: 0, weight: dW.base, bias: nil, into: x.base)
        product.inputGradient(x.base, rows: 0, weight: dW.base, into: x.base)
        let untouched: AlignedBuffer<Float> = fill(15, seed: 1)
        #expect(difference(dW, untouched) == nil)
    }

    /// 0 · x is +0 or −0, and a chain that begins at +0 stays +0: a product in place of the first multiply-add would not.
    @Test func chainsBeginAtPlusZero() {
        let product = MatrixProduct<Float>(inputs: 1, outputs: 1, backend: .native)
        product.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1))
        let x = AlignedBuffer<Float>(count: 1)
        let w = AlignedBuffer<Float>(count: 1)
        let y = AlignedBuffer<Float>(count: 1)
        x[0] = -1
        product.forward(x.base, rows: 1, weight: w.base, bias: nil, into: y.base)
        #expect(y[0].sign == .plus)
        product.weightGradient(x.base, w.base, layout: ShardLayout(rows: 1, shards: 1), root: 0, into: y.base)
        #expect(y[0].sign == .plus)
    }

    /// A sum of tiny negative products underflows to −0 and stays it: merging with nothing must not add +0.
    @Test func underflowKeepsItsSign() {
        let product = MatrixProduct<Float>(inputs: 1, outputs: 16, backend: .native)
        product.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1))
        let x = AlignedBuffer<Float>(count: 1)
        let dY = AlignedBuffer<Float>(count: 16)
        let dW = AlignedBuffer<Float>(count: 16)
        x[0] = -1e-30
        for o in 0..<16 { dY[o] = 1e-30 }
        product.weightGradient(x.base, dY.base, layout: ShardLayout(rows: 1, shards: 1), root: 0, into: dW.base)
        #expect((0..<16).allSatisfy { dW[$0].bitPattern == 0x8000_0000 })
    }

    @Test func notANumberStaysInItsRowAndColumn() {
        let (rows, inputs, outputs) = (7, 9, 21)
        let x: AlignedBuffer<Float> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Float> = fill(inputs * outputs, seed: 2)
        let y = AlignedBuffer<Float>(count: rows * outputs)
        let product = MatrixProduct<Float>(inputs: inputs, outputs: outputs, backend: .native)
        x[3 * inputs + 4] = .nan
        product.forward(x.base, rows: rows, weight: w.base, bias: nil, into: y.base)
        #expect((0..<rows * outputs).allSatisfy { y[$0].isNaN == ($0 / outputs == 3) })
    }

    private func checkBackends<Scalar: TrainingScalar>(of: Scalar.Type, tolerance: Double) {
        let (rows, inputs, outputs) = (37, 83, 45)
        let x: AlignedBuffer<Scalar> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Scalar> = fill(inputs * outputs, seed: 2)
        let b: AlignedBuffer<Scalar> = fill(outputs, seed: 3)
        let dY: AlignedBuffer<Scalar> = fill(rows * outputs, seed: 4)
        let layout = ShardLayout(rows: rows, shards: 5)
        /// y, dX and dW in logical order.
        func run(_ backend: ProductBackend) -> [[Double]] {
            let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: backend)
            product.prepare(limits: PassLimits(rows: rows, shards: 5, roots: 1))
            func place(_ i: Int) -> Int {
                product.weightLayout.offset(row: i / outputs, column: i % outputs, rows: inputs, columns: outputs)
            }
            let weight = AlignedBuffer<Scalar>(count: inputs * outputs)
            for i in 0..<inputs * outputs { weight[place(i)] = w[i] }
            let y = AlignedBuffer<Scalar>(count: rows * outputs)
            let dX = AlignedBuffer<Scalar>(count: rows * inputs)
            let dW = AlignedBuffer<Scalar>(count: inputs * outputs)
            product.forward(x.base, rows: rows, weight: weight.base, bias: b.base, into: y.base)
            product.inputGradient(dY.base, rows: rows, weight: weight.base, into: dX.base)
            product.weightGradient(x.base, dY.base, layout: layout, root: 0, into: dW.base)
            let withoutBias = AlignedBuffer<Scalar>(count: rows * outputs)
            product.forward(x.base, rows: rows, weight: weight.base, bias: nil, into: withoutBias.base)
            return [
                (0..<y.count).map { y[$0].real }, (0..<dX.count).map { dX[$0].real },
                (0..<dW.count).map { dW[place($0)].real }, (0..<y.count).map { withoutBias[$0].real },
            ]
        }
        for (native, blas) in zip(run(.native), run(.blas)) {
            let worst = zip(native, blas).map { ($0 - $1).magnitude }.max()!
            #expect(worst < tolerance)
            #expect(native.contains { $0.magnitude > 0.1 })
        }
    }

    @Test func blasAgreesToRounding() {
        checkBackends(of: Float.self, tolerance: 4e-6)
        checkBackends(of: Double.self, tolerance: 1e-14)
    }

    /// Forward mode by dual numbers: the tangent of X·W along (X', W') is X'·W + X·W'.
    @Test func dualNumbersRunThePlainLoops() {
        let (rows, inputs, outputs) = (3, 4, 18)
        let x: AlignedBuffer<Double> = fill(rows * inputs, seed: 1)
        let w: AlignedBuffer<Double> = fill(inputs * outputs, seed: 2)
        let direction: AlignedBuffer<Double> = fill(inputs * outputs, seed: 3)
        let dualX = AlignedBuffer<Dual<Double>>(count: x.count)
        let dualW = AlignedBuffer<Dual<Double>>(count: w.count)
        for i in 0..<x.count { dualX[i] = Dual(value: x[i], tangent: 0) }
        for i in 0..<w.count { dualW[i] = Dual(value: w[i], tangent: direction[i]) }
        let dualY = AlignedBuffer<Dual<Double>>(count: rows * outputs)
        for backend in ProductBackend.allCases {
            let dual = MatrixProduct<Dual<Double>>(inputs: inputs, outputs: outputs, backend: backend)
            dual.forward(dualX.base, rows: rows, weight: dualW.base, bias: nil, into: dualY.base)
            let plain = MatrixProduct<Double>(inputs: inputs, outputs: outputs, backend: backend)
            let y = AlignedBuffer<Double>(count: rows * outputs)
            plain.forward(x.base, rows: rows, weight: w.base, bias: nil, into: y.base)
            let close = (0..<y.count).allSatisfy { (dualY[$0].value - y[$0]).magnitude < 1e-14 }
            plain.forward(x.base, rows: rows, weight: direction.base, bias: nil, into: y.base)
            let closeTangents = (0..<y.count).allSatisfy { (dualY[$0].tangent - y[$0]).magnitude < 1e-14 }
            #expect(close && closeTangents, "\(backend)")
        }
    }
}
