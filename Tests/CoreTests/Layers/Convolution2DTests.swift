import Core
import Testing

struct Convolution2DTests {
    /// The example of Documentation/convolution.md.
    private func example(_ rowCounts: [Int] = [1]) throws -> TestNetwork<Double> {
        let network = try TestNetwork<Double>(
            Convolution2DDescription(outputs: 1, kernel: 2), inputShape: [3, 3, 1], rowCounts: rowCounts)
        network.set("layer/weight", [1, -1, 2, 0.5])
        network.set("layer/bias", [0.5])
        return network
    }

    private static let image: [Double] = [1, 2, 0, 0, 1, 3, 2, 1, 1]

    @Test func everyPlaceIsTheWeightedSumOfItsWindow() throws {
        let network = try example()
        #expect(network.network.outputShape == [2, 2, 1])
        #expect(network.forward(Self.image) == [0, 6, 4, 1])
        #expect(network.backward([1, 0, -1, 2]) == [1, -1, 0, 1, 3.5, -2, -2, 3.5, 1])
        #expect(network.gradient("layer/weight") == [3, 7, 0, 2])
        #expect(network.gradient("layer/bias") == [2])
    }

    /// Two samples, in one shard and in several.
    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func weightAndBiasSumOverTheBatch(rowCounts: [Int]) throws {
        let network = try example(rowCounts)
        #expect(network.forward(Self.image + Self.image.map { 2 * $0 }) == [0, 6, 4, 1, -0.5, 11.5, 7.5, 1.5])
        _ = network.backward([1, 0, -1, 2, 1, 0, -1, 2])
        #expect(network.gradient("layer/weight") == [9, 21, 0, 6])
        #expect(network.gradient("layer/bias") == [4])
    }

    /// A kernel that picks one weight shows where it lies: kernel row, kernel column, channel.
    @Test func weightsLieByKernelRowThenColumnThenChannel() throws {
        let network = try TestNetwork<Double>(
            Convolution2DDescription(outputs: 1, kernel: Extent2D(height: 2, width: 3), hasBias: false),
            inputShape: [2, 3, 2], rowCounts: [1])
        let weight = (0..<12).map { Double(1 << $0) }
        network.set("layer/weight", weight)
        for element in 0..<12 {
            let x = (0..<12).map { $0 == element ? 1.0 : 0 }
            // The image is one window, in the same order.
            #expect(network.forward(x) == [weight[element]])
        }
        #expect(network.network.arena.parameters.map(\.shape) == [[12, 1]])
    }

    @Test func paddingIsZerosAndRemaindersAreInNoWindow() throws {
        let network = try TestNetwork<Double>(
            Convolution2DDescription(
                outputs: 1, kernel: 2, stride: 2, padding: Extent2D(height: 1, width: 0), hasBias: false),
            inputShape: [2, 3, 1], rowCounts: [1])
        network.set("layer/weight", [1, 10, 100, 1000])
        #expect(network.network.outputShape == [2, 1, 1])
        #expect(network.forward([1, 2, 3, 4, 5, 6]) == [2100, 54])
        #expect(network.backward([1, 1]) == [100, 1000, 0, 1, 10, 0])
        #expect(network.gradient("layer/weight") == [4, 5, 1, 2])
    }

    /// Padding stays zero after a backward pass has summed gradients there, and after other samples.
    @Test func passesLeaveNothingBehind() throws {
        let network = try TestNetwork<Double>(
            Convolution2DDescription(outputs: 3, kernel: 3, stride: 2, padding: 2), inputShape: [4, 3, 2],
            rowCounts: [3, 1])
        let x = numbers(4 * 24)
        let dY = numbers(4 * network.network.outputShape.elementCount, phase: 1)
        func pass() -> [[Double]] {
            let y = network.forward(x)
            return [y, network.backward(dY), network.gradient("layer/weight"), network.gradient("layer/bias")]
        }
        let first = pass()
        _ = network.forward(numbers(4 * 24, scale: 1000, phase: 3))
        _ = network.backward(numbers(dY.count, scale: 1000, phase: 4))
        #expect(pass() == first)
    }

    struct Geometry: Sendable, CustomTestStringConvertible {
        let image: [Int]
        let outputs: Int
        let kernel: Extent2D
        var stride: Extent2D = 1
        var padding: Extent2D = 0

        var testDescription: String { "\(image) → \(outputs), \(kernel) by \(stride), padded by \(padding)" }
    }

    /// Runs of every length around a vector's, strides and borders of every kind, all widths of panels.
    static let geometries: [Geometry] = [
        Geometry(image: [1, 1, 1], outputs: 1, kernel: 1), Geometry(image: [5, 4, 3], outputs: 17, kernel: 1),
        Geometry(image: [5, 4, 3], outputs: 5, kernel: 1, stride: 2),
        Geometry(image: [3, 3, 2], outputs: 4, kernel: 1, padding: 1),
        Geometry(image: [6, 7, 1], outputs: 5, kernel: 3, padding: 1),
        Geometry(image: [6, 7, 5], outputs: 16, kernel: 3, padding: 1),
        Geometry(image: [5, 5, 8], outputs: 33, kernel: 2), Geometry(image: [4, 4, 11], outputs: 3, kernel: 3),
        Geometry(image: [4, 5, 16], outputs: 48, kernel: 3, padding: 1),
        Geometry(image: [5, 6, 8], outputs: 8, kernel: 3, padding: 1),
        Geometry(image: [9, 8, 3], outputs: 2, kernel: 4, stride: 3, padding: 2),
        Geometry(
            image: [7, 9, 2], outputs: 6, kernel: Extent2D(height: 2, width: 5), stride: Extent2D(height: 3, width: 2),
            padding: Extent2D(height: 0, width: 3)),
        Geometry(image: [6, 6, 4], outputs: 3, kernel: 2, stride: 5),
        // In several panels.
        Geometry(image: [50, 20, 16], outputs: 3, kernel: 3, padding: 1),
        Geometry(image: [63, 30, 24], outputs: 2, kernel: 5, stride: Extent2D(height: 2, width: 3)),
        // dW in several blocks of lines, from dY itself and from a copy between zeros; Y in several stretches of the window; with
        // a narrow tile each.
        Geometry(image: [40, 88, 12], outputs: 40, kernel: 3, padding: 1),
        Geometry(image: [40, 88, 12], outputs: 19, kernel: 3, padding: 1),
        Geometry(image: [5, 6, 128], outputs: 21, kernel: 3, padding: 1),
        // One place a line, and many more pixels than places: with a matrix of windows.
        Geometry(
            image: [9, 1, 6], outputs: 5, kernel: Extent2D(height: 3, width: 1), padding: Extent2D(height: 1, width: 0)),
        Geometry(image: [5, 12, 3], outputs: 9, kernel: Extent2D(height: 2, width: 8)),
        // Strides beyond the kernel, and images that end between windows.
        Geometry(image: [8, 11, 18], outputs: 40, kernel: 2, stride: 3, padding: 1),
    ]

    /// One chain of fused multiply-adds for every sum, in the order that Documentation/convolution.md gives.
    private func expectBits<Scalar: TrainingScalar>(_ geometry: Geometry, of: Scalar.Type) throws {
        let (height, width, channels) = (geometry.image[0], geometry.image[1], geometry.image[2])
        let (kernel, stride, padding, outputs) = (geometry.kernel, geometry.stride, geometry.padding, geometry.outputs)
        let network = try TestNetwork<Scalar>(
            Convolution2DDescription(outputs: outputs, kernel: kernel, stride: stride, padding: padding),
            inputShape: Shape(geometry.image), rowCounts: [2, 0, 3])
        let samples = 5
        let depth = kernel.area * channels
        let x = numbers(samples * height * width * channels, phase: 0.4).map { Scalar($0) }
        let w = numbers(depth * outputs, phase: 1.1).map { Scalar($0) }
        let b = numbers(outputs, phase: 2.3).map { Scalar($0) }
        network.set("layer/weight", w.reals)
        network.set("layer/bias", b.reals)
        let rows = (height + 2 * padding.height - kernel.height) / stride.height + 1
        let columns = (width + 2 * padding.width - kernel.width) / stride.width + 1
        try #require(network.network.outputShape == [rows, columns, outputs])
        let dY = numbers(samples * rows * columns * outputs, phase: 3).map { Scalar($0) }

        /// Where element k of a window lies in X; nil on the padding.
        func place(_ n: Int, _ i: Int, _ j: Int, _ k: Int) -> Int? {
            let h = i * stride.height + k / (kernel.width * channels) - padding.height
            let v = j * stride.width + k / channels % kernel.width - padding.width
            guard 0..<height ~= h && 0..<width ~= v else { return nil }
            return ((n * height + h) * width + v) * channels + k % channels
        }
        var y: [Scalar] = []
        var dX = [Scalar](repeating: .zero, count: x.count)
        var sampleGradients: [[Scalar]] = []
        for n in 0..<samples {
            var dW = [Scalar](repeating: .zero, count: w.count)
            for i in 0..<rows {
                for j in 0..<columns {
                    let window = (0..<depth).map { k in place(n, i, j, k).map { x[$0] } ?? .zero }
                    let slope = (0..<outputs).map { dY[((n * rows + i) * columns + j) * outputs + $0] }
                    for o in 0..<outputs {
                        y.append((0..<depth).reduce(b[o]) { Scalar.multiplyAdd(window[$1], w[$1 * outputs + o], $0) })
                    }
                    for k in 0..<depth {
                        for o in 0..<outputs {
                            dW[k * outputs + o] = Scalar.multiplyAdd(window[k], slope[o], dW[k * outputs + o])
                        }
                        guard let place = place(n, i, j, k) else { continue }
                        dX[place] =
                            dX[place]
                            + (0..<outputs).reduce(.zero) { Scalar.multiplyAdd(slope[$1], w[k * outputs + $1], $0) }
                    }
                }
            }
            sampleGradients.append(dW)
        }
        func sum(_ a: [Scalar], _ b: [Scalar]) -> [Scalar] { zip(a, b).map { $0 + $1 } }
        let shards = [
            sum(sampleGradients[0], sampleGradients[1]),
            sum(sum(sampleGradients[2], sampleGradients[3]), sampleGradients[4]),
        ]
        #expect(network.forward(x.reals) == y)
        #expect(network.backward(dY.reals) == dX)
        #expect(network.gradient("layer/weight") == sum(shards[0], shards[1]))
    }

    @Test(arguments: geometries)
    func theBitsAreThoseOfPlainLoops(geometry: Geometry) throws {
        try expectBits(geometry, of: Float.self)
        try expectBits(geometry, of: Double.self)
    }

    /// A kernel of one place is a linear layer along the channels.
    @Test func aKernelOfOnePlaceIsLinear() throws {
        let convolution = try TestNetwork<Float>(
            Convolution2DDescription(outputs: 5, kernel: 1), inputShape: [3, 4, 6], rowCounts: [2])
        let linear = try TestNetwork<Float>(LinearDescription(outputs: 5), inputShape: [3, 4, 6], rowCounts: [2])
        for network in [convolution, linear] {
            network.set("layer/weight", numbers(30))
            network.set("layer/bias", numbers(5, phase: 1))
        }
        #expect(convolution.forward(numbers(144)) == linear.forward(numbers(144)))
        #expect(convolution.backward(numbers(120, phase: 2)) == linear.backward(numbers(120, phase: 2)))
    }

    /// Glorot's limit counts every weight that an input and an output meet, as PyTorch's does: √(6 / (9·2 + 9·4)) = ⅓.
    @Test func firstWeightsKnowTheKernelsArea() throws {
        let network = try TestNetwork<Double>(
            Convolution2DDescription(outputs: 4), inputShape: [5, 5, 2], rowCounts: [1])
        let largest = network.values("layer/weight").map(\.magnitude).max()!
        #expect(largest > 0.32 && largest <= 1.0 / 3)
        #expect(network.values("layer/bias") == [0, 0, 0, 0])
        #expect(network.network.arena.parameters.map(\.decays) == [true, false])
    }

    private func message(_ layer: Convolution2DDescription, _ inputShape: Shape) -> String? {
        #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(layer, inputShape: inputShape, rowCounts: [1])
        }?.description
    }

    @Test func whatDoesNotFitIsSaidWithBothShapes() {
        #expect(
            message(Convolution2DDescription(outputs: 1), [784])
                == "layer layer: expected an input of shape [height, width, channels], given [784]")
        #expect(
            message(Convolution2DDescription(outputs: 1, kernel: 5), [4, 6, 3])
                == "layer layer: a kernel of [5, 5] does not fit into [4, 6, 3]")
        #expect(
            message(
                Convolution2DDescription(
                    outputs: 1, kernel: Extent2D(height: 2, width: 7), padding: Extent2D(height: 0, width: 1)),
                [4, 4, 3])
                == "layer layer: a kernel of [2, 7] does not fit into [4, 6], which is [4, 4, 3] padded by [0, 1]")
    }

    /// Numbers that multiply to more than any memory are refused, not overflowed.
    @Test func whatNoMemoryHoldsIsRefused() {
        #expect(
            message(Convolution2DDescription(outputs: Int(Int32.max), kernel: 1), [2, 1, 1])
                == "layer layer: an output of [2, 1, 2147483647] for an input of [2, 1, 1] has more than 2147483647 "
                + "elements")
        #expect(
            message(Convolution2DDescription(outputs: 1, kernel: 1, stride: 65_535, padding: 65_535), [1, 1, 1])?
                .contains("a padded input of [131071, 131071, 1]") == true)
        #expect(
            message(Convolution2DDescription(outputs: 1, kernel: 20_000, padding: 15_000), [1, 1, 1])?
                .contains("a matrix of windows of [10002, 10002, 20000, 20000, 1]") == true)
        #expect(
            message(Convolution2DDescription(outputs: 1 << 16), [3, 3, 1 << 16])?
                .contains("a weight of [3, 3, 65536, 65536]") == true)
    }
}
