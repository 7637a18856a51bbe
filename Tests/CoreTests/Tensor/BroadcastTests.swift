import Core
import Testing

struct BroadcastTests {
    private typealias Operation<Scalar: TrainingScalar> = (UnsafeMutablePointer<Scalar>) -> Void

    /// What `body` leaves in memory for a tensor of `shape` that held `start` everywhere.
    private func result(_ shape: Shape, from start: Double = .nan, _ body: Operation<Double>) -> [Double] {
        let memory = AlignedBuffer<Double>(count: shape.elementCount)
        memory.base.update(repeating: start, count: memory.count)
        body(memory.base)
        return Array(memory.elements)
    }

    @Test func aRowAndAColumnAreStretched() throws {
        let row = try Broadcast([2, 3], [3])
        #expect(row.result == [2, 3])
        #expect(result([2, 3]) { row.add([1, 2, 3, 4, 5, 6], [10, 20, 30], into: $0) } == [11, 22, 33, 14, 25, 36])
        let column = try Broadcast([2, 3], [2, 1])
        #expect(result([2, 3]) { column.multiply([1, 2, 3, 4, 5, 6], [2, -1], into: $0) } == [2, 4, 6, -4, -5, -6])
        let both = try Broadcast([2, 1], [3])
        #expect(both.result == [2, 3])
        #expect(result([2, 3]) { both.add([10, 20], [1, 2, 3], into: $0) } == [11, 12, 13, 21, 22, 23])
    }

    /// A gradient that is not summed back would be one number of several.
    @Test func gradientsAreSummedBack() throws {
        let dC: [Double] = [1, 2, 3, 4, 5, 6]
        let row = try Broadcast([2, 3], [3])
        #expect(result([3]) { row.sum(dC, backTo: .right, into: $0) } == [5, 7, 9])
        #expect(result([2, 3]) { row.sum(dC, backTo: .left, into: $0) } == dC)
        let column = try Broadcast([2, 3], [2, 1])
        #expect(result([2, 1]) { column.sum(dC, backTo: .right, into: $0) } == [6, 15])
        #expect(
            result([2, 1], from: 100) { column.sum(dC, backTo: .right, into: $0, accumulates: true) } == [106, 115])
        let both = try Broadcast([2, 1], [3])
        #expect(result([2, 1]) { both.sum(dC, backTo: .left, into: $0) } == [6, 15])
        #expect(result([3]) { both.sum(dC, backTo: .right, into: $0) } == [5, 7, 9])
        let scalar = try Broadcast([], [2, 3])
        #expect(result([]) { scalar.sum(dC, backTo: .left, into: $0) } == [21])
    }

    @Test func productsAreSummedBack() throws {
        let dC: [Double] = [1, 2, 3, 4, 5, 6]
        let column = try Broadcast([2, 3], [2, 1])
        #expect(result([2, 1]) { column.sumProduct(dC, [1, 0, -1, 2, 2, 2], backTo: .right, into: $0) } == [-2, 30])
        #expect(
            result([2, 3]) { column.sumProduct(dC, [2, -1], backTo: .left, into: $0) } == [2, 4, 6, -4, -5, -6])
        let row = try Broadcast([3], [2, 3])
        #expect(
            result([3], from: 1) { row.sumProduct(dC, [1, 0, 1, 1, 2, 0], backTo: .left, into: $0, accumulates: true) }
                == [6, 11, 4])
    }

    /// Every pair of shapes of up to three axes of 1, 3 and 17, against the definition, on whole numbers: exact in any order.
    @Test func everyPairAgreesWithTheDefinition() throws {
        let extents = [1, 3, 17]
        let shapes =
            [Shape([])] + extents.map { Shape([$0]) } + extents.flatMap { a in extents.map { Shape([a, $0]) } }
            + extents.flatMap { a in extents.flatMap { b in extents.map { Shape([a, b, $0]) } } }
        var pairs = 0
        for left in shapes {
            for right in shapes {
                guard let broadcast = try? Broadcast(left, right) else { continue }
                expectDefinition(broadcast, Float.self)
                expectDefinition(broadcast, Double.self)
                expectDefinition(broadcast, Dual<Double>.self)
                pairs += 1
            }
        }
        // Of the axes of two operands 1 or both 1, 3, 17 fit: 7 of 9 pairs; and any axis fits none.
        #expect(pairs == 1 + 2 * (3 + 9 + 27) + 7 + 2 * (7 * 3 + 7 * 9 + 49 * 3) + 49 + 343)
    }

    private func expectDefinition<Scalar: TrainingScalar>(_ broadcast: Broadcast, _ scalar: Scalar.Type) {
        let (left, right, whole) = (broadcast.left, broadcast.right, broadcast.result)
        func values(_ shape: Shape, _ factor: Int) -> [Scalar] {
            (0..<shape.elementCount).map { Scalar(Double(($0 * factor + 2) % 7 - 3)) }
        }
        let (a, b, dC) = (values(left, 3), values(right, 5), values(whole, 2))
        /// Where an element of the result has its value from.
        func source(_ index: Int, _ shape: Shape) -> Int {
            var (rest, place, stride) = (index, 0, 1)
            for (axis, extent) in whole.dimensions.enumerated().reversed() {
                let own = axis - (whole.rank - shape.rank)
                if own >= 0 {
                    place += min(rest % extent, shape.dimensions[own] - 1) * stride
                    stride *= shape.dimensions[own]
                }
                rest /= extent
            }
            return place
        }
        var sum = [Scalar](repeating: .zero, count: dC.count)
        var product = sum
        var backs = [left, right].map { [Scalar](repeating: .zero, count: $0.elementCount) }
        var productBacks = backs
        for index in dC.indices {
            let (l, r) = (source(index, left), source(index, right))
            sum[index] = a[l] + b[r]
            product[index] = a[l] * b[r]
            backs[0][l] = backs[0][l] + dC[index]
            backs[1][r] = backs[1][r] + dC[index]
            productBacks[0][l] = productBacks[0][l] + dC[index] * b[r]
            productBacks[1][r] = productBacks[1][r] + dC[index] * a[l]
        }
        func expect(_ expected: [Scalar], _ what: String, _ body: Operation<Scalar>) {
            let memory = AlignedBuffer<Scalar>(count: expected.count)
            memory.base.update(repeating: Scalar(.nan), count: memory.count)
            body(memory.base)
            #expect(Array(memory.elements) == expected, "\(what) of \(left) and \(right)")
        }
        expect(sum, "sum") { broadcast.add(a, b, into: $0) }
        expect(product, "product") { broadcast.multiply(a, b, into: $0) }
        expect(backs[0], "left of sum") { broadcast.sum(dC, backTo: .left, into: $0) }
        expect(backs[1], "right of sum") { broadcast.sum(dC, backTo: .right, into: $0) }
        expect(productBacks[0], "left of product") { broadcast.sumProduct(dC, b, backTo: .left, into: $0) }
        expect(productBacks[1], "right of product") { broadcast.sumProduct(dC, a, backTo: .right, into: $0) }
    }

    @Test(
        arguments: [
            (
                [28, 2], [28, 3],
                "[28, 2] and [28, 3] do not broadcast: aligned at the last axis, 2 meets 3; they must be equal, or one of them 1"
            ),
            (
                [4, 1, 5], [3, 2, 1],
                "[4, 1, 5] and [3, 2, 1] do not broadcast: aligned at the last axis, 4 meets 3; they must be equal, or one of them 1"
            ),
            (
                [1 << 40, 1], [1 << 30],
                "[1099511627776, 1] and [1073741824] do not broadcast: the result has more elements than can be counted"
            ),
        ] as [(Shape, Shape, String)])
    func shapesThatDoNotFitAreNamed(left: Shape, right: Shape, message: String) {
        let error = #expect(throws: BroadcastError.self) { try Broadcast(left, right) }
        #expect(error?.description == message)
    }
}
