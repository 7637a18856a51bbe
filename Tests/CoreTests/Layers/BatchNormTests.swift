import Core
import Testing

struct BatchNormTests {
    private static let epsilon = 1e-5

    private func network<Scalar: TrainingScalar>(
        _ scalar: Scalar.Type, channels: Int = 1, rowCounts: [Int], roots: [Range<Int>]? = nil,
        momentum: Double = 0.1
    ) throws -> TestNetwork<Scalar> {
        try TestNetwork(
            BatchNormDescription(epsilon: Self.epsilon, momentum: momentum), inputShape: [channels],
            rowCounts: rowCounts, roots: roots)
    }

    /// Numbers of many magnitudes, whose sums tell every order from every other.
    private func wild(_ count: Int, phase: Int = 1) -> [Double] {
        (0..<count).map { Double(Float(Double.sin(Double($0 * $0 + phase)) * Double.exp(Double($0 % 7)))) }
    }

    static let channelCounts = [1, 3, 7, 8, 10, 16, 17, 33, 64, 255, 256, 257]

    /// The mean of a shard, then the squares of the distances from it, each one chain in row order, and shards merged along the
    /// tree: to the bit, whatever the tiles.
    @Test(arguments: channelCounts, [[1], [2], [9], [15], [5, 3], [3, 40], [17, 0, 1], [0, 0, 2, 30, 9]])
    func momentsAreChainsInRowOrder(channels: Int, rowCounts: [Int]) throws {
        func check<Scalar: TrainingScalar>(_: Scalar.Type) throws where Scalar.Accumulator == Double {
            let rows = rowCounts.reduce(0, +)
            let x = wild(rows * channels)
            let network = try TestNetwork<Scalar>(
                BatchNormDescription(momentum: 1), inputShape: [channels], rowCounts: rowCounts)
            _ = network.forward(x)
            let accumulator = ShardAccumulator<Double>(
                length: 1 + 2 * channels, merge: .moments, shardCount: rowCounts.count)
            var record = [Double](repeating: 0, count: 1 + 2 * channels)
            accumulator.reduce(root: 0, of: network.layout, into: &record) { rows, record in
                record[0] = Double(rows.count)
                for c in 0..<channels {
                    let mean = rows.reduce(0) { $0 + x[$1 * channels + c] } / Double(rows.count)
                    record[1 + c] = mean
                    record[1 + channels + c] = rows.reduce(0) {
                        let distance = x[$1 * channels + c] - mean
                        return $0.addingProduct(distance, distance)
                    }
                }
            }
            let means = record[1...channels].map { Scalar(rounding: $0) }
            #expect(network.buffer("layer/running_mean") == means)
            if rows > 1 {
                let variances = record[(1 + channels)...].map { Scalar(rounding: $0 / Double(rows - 1)) }
                #expect(network.buffer("layer/running_variance") == variances)
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    /// Σ dY and Σ dY·x̂ of every shard, each one chain in row order, and outputs and input gradients element by element: to the
    /// bit, whatever the tiles.
    @Test(arguments: channelCounts, [[2], [9], [5, 3], [3, 40], [17, 0, 1]])
    func passesAreThoseOfSingleElements(channels: Int, rowCounts: [Int]) throws {
        func check<Scalar: TrainingScalar>(_: Scalar.Type) throws where Scalar.Accumulator == Double {
            let rows = rowCounts.reduce(0, +)
            let (x, dY) = (wild(rows * channels), wild(rows * channels, phase: 5))
            let network = try TestNetwork<Scalar>(
                BatchNormDescription(momentum: 1), inputShape: [channels], rowCounts: rowCounts)
            let (gamma, beta) = (numbers(channels), numbers(channels, phase: 1))
            network.set("layer/gamma", gamma)
            network.set("layer/beta", beta)
            network.setBuffer("layer/running_mean", numbers(channels, scale: 2))
            network.setBuffer("layer/running_variance", numbers(channels).map { $0 * $0 + 1 })
            let y = network.forward(x, mode: .inference)
            let dX = network.backward(dY)
            let means = network.buffer("layer/running_mean")
            let variances = network.buffer("layer/running_variance")
            let inverses = variances.map {
                Scalar(rounding: 1 / ($0.accumulator + Self.epsilon).squareRoot())
            }
            let normalized = x.indices.map {
                (Scalar(x[$0]) - means[$0 % channels]) * inverses[$0 % channels]
            }
            #expect(
                y
                    == x.indices.map {
                        Scalar.multiplyAdd(normalized[$0], Scalar(gamma[$0 % channels]), Scalar(beta[$0 % channels]))
                    })
            #expect(
                dX == x.indices.map { Scalar(dY[$0]) * (Scalar(gamma[$0 % channels]) * inverses[$0 % channels]) })
            let accumulator = ShardAccumulator<Scalar>(
                length: 2 * channels, merge: .sum, shardCount: rowCounts.count)
            var record = [Scalar](repeating: .zero, count: 2 * channels)
            accumulator.reduce(root: 0, of: network.layout, into: &record) { rows, record in
                for c in 0..<channels {
                    record[c] = Scalar(rounding: rows.reduce(0) { $0 + dY[$1 * channels + c] })
                    record[channels + c] = Scalar(
                        rounding: rows.reduce(0) {
                            $0.addingProduct(dY[$1 * channels + c], normalized[$1 * channels + c].accumulator)
                        })
                }
            }
            #expect(network.gradient("layer/beta") == Array(record[..<channels]))
            #expect(network.gradient("layer/gamma") == Array(record[channels...]))
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test func outputsAreNormalized() throws {
        let network = try network(Double.self, rowCounts: [2])
        network.set("layer/gamma", [3])
        network.set("layer/beta", [10])
        // Mean 2, variance 1.
        let inverse = 1 / (1 + Self.epsilon).squareRoot()
        #expect(network.forward([1, 3]).isClose(to: [10 - 3 * inverse, 10 + 3 * inverse], 1e-15))
        // r = 0.9·r + 0.1·v, v the unbiased variance 2.
        #expect(network.buffer("layer/running_mean").isClose(to: [0.2], 1e-15))
        #expect(network.buffer("layer/running_variance").isClose(to: [0.9 + 0.2], 1e-15))
        _ = network.forward([1, 3])
        #expect(network.buffer("layer/running_mean").isClose(to: [0.9 * 0.2 + 0.2], 1e-15))
        #expect(network.buffer("layer/running_variance").isClose(to: [0.9 * 1.1 + 0.2], 1e-15))
    }

    /// Where other passes take the rest of the batch, everything is divided by the pass's rows: n is not the batch's.
    @Test(arguments: [1, 4])
    func aPassIsNormalizedByItself(places: Int) throws {
        let x = numbers(5 * places, scale: 3)
        let dY = numbers(5 * places, phase: 1)
        let (whole, pass) = (
            try TestNetwork<Double>(BatchNormDescription(), inputShape: [places, 1], rowCounts: [2, 3]),
            try TestNetwork<Double>(BatchNormDescription(), inputShape: [places, 1], rowCounts: [2, 3])
        )
        #expect(pass.forward(x, globalRows: 20) == whole.forward(x))
        #expect(pass.backward(dY) == whole.backward(dY))
        for name in ["layer/running_mean", "layer/running_variance"] {
            #expect(pass.buffer(name) == whole.buffer(name))
        }
    }

    @Test func gradientsLeaveNeitherMeanNorSlope() throws {
        let network = try network(Double.self, rowCounts: [2, 2])
        network.set("layer/gamma", [2])
        let x: [Double] = [1, 3, 3, 5]
        _ = network.forward(x)
        let dY: [Double] = [1, 0, 2, 4]
        let dX = network.backward(dY)
        // Mean 3, variance 2; Σ dY = 7, Σ dY·x̂ = (−2·1 + 2·4)·i.
        let i = 1 / (2 + Self.epsilon).squareRoot()
        #expect(network.gradient("layer/beta") == [7])
        #expect(network.gradient("layer/gamma").isClose(to: [6 * i], 1e-15))
        let expected = zip(x, dY).map { x, dy in 2 * i * (dy - 7.0 / 4 - (x - 3) * i * 6 * i / 4) }
        #expect(dX.isClose(to: expected, 1e-14))
    }

    @Test func inferenceUsesTheRunningStatistics() throws {
        let network = try network(Double.self, rowCounts: [3])
        network.setBuffer("layer/running_mean", [5])
        network.setBuffer("layer/running_variance", [4 - Self.epsilon])
        network.set("layer/gamma", [3])
        network.set("layer/beta", [1])
        #expect(network.forward([5, 7, 1], mode: .inference).isClose(to: [1, 4, -5], 1e-15))
        #expect(network.backward([2, 1, 1]).isClose(to: [3, 1.5, 1.5], 1e-15))
        #expect(network.gradient("layer/gamma").isClose(to: [1 - 2], 1e-15))
        #expect(network.gradient("layer/beta") == [4])
        #expect(network.buffer("layer/running_mean") == [5])
    }

    @Test func oneRowHasVarianceZeroAndLeavesTheRunningOneAlone() throws {
        let network = try network(Double.self, rowCounts: [0, 1, 0], momentum: 0.5)
        network.set("layer/beta", [7])
        #expect(network.forward([3]) == [7])
        #expect(network.buffer("layer/running_mean") == [1.5])
        #expect(network.buffer("layer/running_variance") == [1])
        #expect(network.backward([1]) == [0])
    }

    /// The variance of 10⁶ + N(0, 1) over three unequal shards: right to 1e-6 of the one in Double, and the outputs with it.
    /// Float's own spacing there is 1/16, so E[x²] − E[x]² would leave nothing.
    @Test func aLargeMeanLosesNothing() throws {
        let rowCounts = [57, 1, 42]
        let channels = 4
        let rows = rowCounts.reduce(0, +)
        var x: [Double] = []
        for i in 0..<(rows * channels) {
            let words = Philox.block(key: 5, counter: [UInt32(i), 0, 0, 0])
            x.append(Double(Float(1e6 + Philox.normals(words.x, words.y).0)))
        }
        let network = try network(
            Float.self, channels: channels, rowCounts: rowCounts, roots: [0..<2, 2..<3], momentum: 1)
        let y = network.forward(x)
        let means = network.buffer("layer/running_mean")
        let variances = network.buffer("layer/running_variance")
        for c in 0..<channels {
            let column = stride(from: c, to: x.count, by: channels).map { x[$0] }
            let mean = column.reduce(0, +) / Double(rows)
            let squares = column.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            #expect((Double(means[c]) / mean - 1).magnitude < 1e-7)
            #expect((Double(variances[c]) / (squares / Double(rows - 1)) - 1).magnitude < 1e-6)
            let deviation = (squares / Double(rows) + Self.epsilon).squareRoot()
            for n in 0..<rows {
                #expect((Double(y[n * channels + c]) - (column[n] - mean) / deviation).magnitude < 1e-6)
            }
        }
    }

    /// The places of images count as rows: samples of [2, 3, C] are what six times as many of [C] are, bit for bit.
    @Test(arguments: [PassMode.training, .inference])
    func placesAreRows(mode: PassMode) throws {
        let roots = [0..<2, 2..<3]
        let images = try TestNetwork<Float>(
            BatchNormDescription(), inputShape: [2, 3, 5], rowCounts: [2, 0, 1], roots: roots)
        let rows = try TestNetwork<Float>(
            BatchNormDescription(), inputShape: [5], rowCounts: [12, 0, 6], roots: roots)
        let names = ["layer/gamma", "layer/beta"]
        for network in [images, rows] {
            for (phase, name) in names.enumerated() { network.set(name, numbers(5, phase: Double(phase))) }
        }
        #expect(images.network.outputShape == [2, 3, 5])
        for phase in [0.0, 0.5] {
            let x = numbers(90, scale: 3, phase: phase)
            #expect(images.forward(x, mode: mode) == rows.forward(x, mode: mode))
            #expect(images.backward(numbers(90, phase: 1)) == rows.backward(numbers(90, phase: 1)))
            for name in names { #expect(images.gradient(name) == rows.gradient(name)) }
            for name in ["layer/running_mean", "layer/running_variance"] {
                #expect(images.buffer(name) == rows.buffer(name))
            }
        }
    }

    /// n is samples × places, so one sample has a variance, unbiased by n − 1, if it has two places; and with one it has none.
    @Test func oneSampleOfTwoPlacesMovesTheRunningVariance() throws {
        let two = try TestNetwork<Double>(BatchNormDescription(), inputShape: [2, 1], rowCounts: [1])
        #expect(two.forward([1, 3]).isClose(to: [-1, 1], 1e-5))
        #expect(two.buffer("layer/running_mean").isClose(to: [0.2], 1e-15))
        #expect(two.buffer("layer/running_variance").isClose(to: [0.9 + 0.2], 1e-15))
        let one = try TestNetwork<Double>(BatchNormDescription(), inputShape: [1, 1, 1], rowCounts: [0, 1])
        #expect(one.forward([3]) == [0])
        #expect(one.buffer("layer/running_mean").isClose(to: [0.3], 1e-15))
        #expect(one.buffer("layer/running_variance") == [1])
    }

    @Test func parametersAreOfTheChannelsAndDoNotDecay() throws {
        let images = try TestNetwork<Float>(BatchNormDescription(), inputShape: [4, 2, 3], rowCounts: [2])
        #expect(images.network.arena.parameters.map(\.shape) == [[3], [3]])
        #expect(images.network.arena.buffers.map(\.shape) == [[3], [3]])
        let arena = try network(Float.self, channels: 3, rowCounts: [2]).network.arena
        #expect(arena.parameters.map(\.name) == ["layer/gamma", "layer/beta"])
        #expect(arena.parameters.map(\.decays) == [false, false])
        #expect(arena.buffers.map(\.name) == ["layer/running_mean", "layer/running_variance"])
    }

    @Test func aScalarHasNoChannels() {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(BatchNormDescription(), inputShape: [], rowCounts: [1])
        }
        #expect(error?.description == "layer layer: expected an input of shape […, channels], given []")
    }
}
