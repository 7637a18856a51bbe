import Core
import Testing

struct LayerNormTests {
    /// Mean 3 and variance 2 in both rows; with an epsilon of 2 the deviation is 2, and everything is exact in binary.
    private func example(inputShape: Shape, rowCounts: [Int]) throws -> TestNetwork<Double> {
        let network = try TestNetwork<Double>(
            LayerNormDescription(epsilon: 2), inputShape: inputShape, rowCounts: rowCounts)
        network.set("layer/gamma", [2, 1, -1, 1])
        network.set("layer/beta", [0, 10, 0, -1])
        return network
    }

    private static let x: [Double] = [1, 3, 3, 5, 3, 5, 1, 3]
    private static let dY: [Double] = [1, 2, 3, 4, 1, 0, 2, 2]

    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func theExampleOfTheDocumentation(rowCounts: [Int]) throws {
        let network = try example(inputShape: [4], rowCounts: rowCounts)
        // x̂ = (−1, 0, 0, 1) and (0, 1, −1, 0).
        #expect(network.forward(Self.x) == [-2, 10, 0, 0, 0, 11, 1, -1])
        // g = dY·gamma = (2, 2, −3, 4) and (2, 0, −2, 2).
        #expect(network.backward(Self.dY) == [0.625, 0.375, -2.125, 1.125, 0.75, -0.5, -1, 0.75])
        #expect(network.gradient("layer/gamma") == [-1, 0, -2, 4])
        #expect(network.gradient("layer/beta") == [2, 2, 5, 6])
    }

    /// The rows of one sample are normalised like those of two, and the shards hold whole samples.
    @Test func onlyTheLastAxisIsNormalized() throws {
        let network = try example(inputShape: [2, 4], rowCounts: [0, 1])
        #expect(network.forward(Self.x) == [-2, 10, 0, 0, 0, 11, 1, -1])
        #expect(network.backward(Self.dY) == [0.625, 0.375, -2.125, 1.125, 0.75, -0.5, -1, 0.75])
        #expect(network.gradient("layer/gamma") == [-1, 0, -2, 4])
        #expect(network.gradient("layer/beta") == [2, 2, 5, 6])
    }

    @Test func inferenceIsTraining() throws {
        let network = try TestNetwork<Float>(LayerNormDescription(), inputShape: [3, 19], rowCounts: [2, 1])
        let x = numbers(3 * 57, scale: 4)
        #expect(network.forward(x, mode: .inference) == network.forward(x, mode: .training))
        #expect(network.network.arena.buffers.isEmpty)
    }

    @Test func aRowDependsOnItselfAlone() throws {
        let x = numbers(5 * 37, scale: 3)
        let dY = numbers(5 * 37, phase: 1)
        let all = try TestNetwork<Float>(LayerNormDescription(), inputShape: [37], rowCounts: [3, 2])
        let one = try TestNetwork<Float>(LayerNormDescription(), inputShape: [37], rowCounts: [1])
        let (y, dX) = (all.forward(x), all.backward(dY))
        for n in 0..<5 {
            let row = (n * 37)..<((n + 1) * 37)
            #expect(one.forward(Array(x[row])) == Array(y[row]))
            #expect(one.backward(Array(dY[row])) == Array(dX[row]))
        }
    }

    /// Rows are done several at a time, in vectors: every bit is that of one after the other, number by number.
    @Test(arguments: [1, 3, 15, 16, 17, 40, 64, 65])
    func everyBitIsThatOfPlainLoops(width: Int) throws {
        let rowCounts = [5, 0, 1, 4, 6]
        let rows = rowCounts.reduce(0, +)
        let x = numbers(rows * width, scale: 3).map { Float($0 + 1) }
        let dY = numbers(rows * width, phase: 1).map { Float($0) }
        let gamma = numbers(width, phase: 2).map { Float($0) }
        let beta = numbers(width, phase: 3).map { Float($0) }
        let network = try TestNetwork<Float>(LayerNormDescription(), inputShape: [width], rowCounts: rowCounts)
        network.set("layer/gamma", gamma.map { Double($0) })
        network.set("layer/beta", beta.map { Double($0) })

        let count = Float(width)
        var (y, dX, normalized): ([Float], [Float], [Float]) = ([], [], [])
        for r in 0..<rows {
            let row = (r * width)..<((r + 1) * width)
            let mean = RowReduction.sum(Array(x[row]), count: width) / count
            let near = x[row].map { $0 - mean }
            let tail = RowReduction.sum(near, count: width) / count
            let distances = near.map { $0 - tail }
            let inverse = 1 / (RowReduction.dot(distances, distances, count: width) / count + 1e-5).squareRoot()
            let unit = distances.map { $0 * inverse }
            let g = zip(dY[row], gamma).map { $0 * $1 }
            let gradientMean = RowReduction.sum(g, count: width) / count
            let slope = RowReduction.dot(g, unit, count: width) / count
            for c in 0..<width {
                y.append(beta[c].addingProduct(unit[c], gamma[c]))
                dX.append((g[c] - gradientMean).addingProduct(-unit[c], slope) * inverse)
            }
            normalized += unit
        }
        func parameterGradient(_ add: (Float, Int) -> Float) -> [Float] {
            (0..<width).map { c in
                var first = 0
                let shards: [Float?] = rowCounts.map { count in
                    defer { first += count }
                    return count == 0 ? nil : (first..<(first + count)).reduce(Float(0)) { add($0, $1 * width + c) }
                }
                // The tree over five shards, the second of them empty.
                return (shards[0]! + (shards[2]! + shards[3]!)) + shards[4]!
            }
        }
        #expect(network.forward(x.map { Double($0) }).map(\.bitPattern) == y.map(\.bitPattern))
        #expect(network.backward(dY.map { Double($0) }).map(\.bitPattern) == dX.map(\.bitPattern))
        #expect(network.gradient("layer/beta") == parameterGradient { $0 + dY[$1] })
        #expect(network.gradient("layer/gamma") == parameterGradient { $0.addingProduct(dY[$1], normalized[$1]) })
    }

    @Test func aNaNMakesItsRowNaN() throws {
        let network = try TestNetwork<Float>(LayerNormDescription(), inputShape: [2, 20], rowCounts: [1])
        var x = numbers(40)
        x[17] = .nan
        let y = network.forward(x)
        #expect(y[0..<20].allSatisfy(\.isNaN) && y[20..<40].allSatisfy(\.isFinite))
    }

    /// Of a constant row, and so of a row of one feature, nothing is left, and nothing goes back.
    @Test(arguments: [1, 5])
    func aConstantRowIsBeta(width: Int) throws {
        let network = try TestNetwork<Float>(LayerNormDescription(), inputShape: [width], rowCounts: [2])
        network.set("layer/beta", numbers(width))
        let y = network.forward([Double](repeating: 0.1, count: 2 * width))
        #expect(y == (numbers(width) + numbers(width)).map { Float($0) })
        let dX = network.backward([Double](repeating: 2, count: 2 * width))
        #expect(dX.allSatisfy { $0 == 0 })
    }

    /// 10⁶ + N(0, 1) in Float, whose spacing there is 1/16: right to 1e-6 of what the same inputs give in Double.
    @Test(arguments: [100, 777])
    func aLargeMeanLosesNothing(width: Int) throws {
        let x = (0..<(3 * width)).map { i in
            let words = Philox.block(key: 6, counter: [UInt32(i), 0, 0, 0])
            return Double(Float(1e6 + Philox.normals(words.x, words.y).0))
        }
        let y = try TestNetwork<Float>(LayerNormDescription(), inputShape: [width], rowCounts: [3]).forward(x)
        for n in 0..<3 {
            let row = x[(n * width)..<((n + 1) * width)]
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
            let expected = row.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
            #expect(Array(y[(n * width)..<((n + 1) * width)]).reals.isClose(to: expected, 1e-6))
        }
    }

    @Test func parametersAreOfTheLastAxisAndDoNotDecay() throws {
        let arena = try TestNetwork<Float>(LayerNormDescription(), inputShape: [2, 3], rowCounts: [1]).network.arena
        #expect(arena.parameters.map(\.name) == ["layer/gamma", "layer/beta"])
        #expect(arena.parameters.map(\.shape) == [[3], [3]])
        #expect(arena.parameters.map(\.decays) == [false, false])
    }

    @Test func aScalarHasNoFeatures() {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(LayerNormDescription(), inputShape: [], rowCounts: [1])
        }
        #expect(error?.description == "layer layer: expected an input of shape […, features], given []")
    }
}
