import Core
import Testing

struct MaxPool2DTests {
    private func network<Scalar: TrainingScalar>(
        _ inputShape: Shape, _ layer: MaxPool2DDescription = MaxPool2DDescription(), of: Scalar.Type = Double.self
    ) throws -> TestNetwork<Scalar> {
        try TestNetwork<Scalar>(layer, inputShape: inputShape, rowCounts: [1])
    }

    /// The example of Documentation/maxpool.md: the last column is in no window.
    @Test func theLargestOfEachWindowGetsTheGradient() throws {
        let network = try network([2, 5, 1])
        #expect(network.network.outputShape == [1, 2, 1])
        #expect(network.forward([1, 3, -1, -5, 9, 2, 0, -4, -1, 9]) == [3, -1])
        // The first of the two −1 is taken.
        #expect(network.backward([10, 20]) == [0, 10, 20, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func channelsDoNotMix() throws {
        let network = try network([2, 2, 3])
        #expect(network.forward([1, 20, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12]) == [10, 20, 9])
        #expect(network.backward([1, 2, 3]) == [0, 2, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0])
    }

    @Test func overlappingWindowsAddUp() throws {
        let network = try network([3, 3, 1], MaxPool2DDescription(kernel: 2, stride: 1))
        #expect(network.forward([0, 1, 0, 2, 9, 3, 0, 4, 0]) == [9, 9, 9, 9])
        #expect(network.backward([1, 2, 4, 8]) == [0, 0, 0, 0, 15, 0, 0, 0, 0])
    }

    @Test func strideIsTheKernelsUnlessGiven() throws {
        let layer = MaxPool2DDescription(kernel: Extent2D(height: 3, width: 2))
        #expect(layer.stride == Extent2D(height: 3, width: 2))
        #expect(try network([7, 9, 4], layer).network.outputShape == [2, 4, 4])
    }

    /// A NaN wins over any number, and of several the last one gets the gradient, as in PyTorch.
    @Test func aNaNInTheWindowStaysOne() throws {
        let network = try network([2, 4, 1], of: Float.self)
        let y = network.forward([.nan, 9, 1, 2, 3, .nan, .infinity, 4])
        #expect(y[0].isNaN && y[1] == .infinity)
        #expect(network.backward([1, 2]) == [0, 0, 0, 0, 0, 1, 2, 0])
    }

    @Test func nothingIsSmallerThanMinusInfinity() throws {
        let network = try network([2, 2, 1], of: Float.self)
        #expect(network.forward([Double](repeating: -.infinity, count: 4)) == [-.infinity])
        #expect(network.backward([1]) == [1, 0, 0, 0])
    }

    @Test func piecesAreTold() throws {
        func signature(_ x: [Double]) throws -> PieceSignature {
            let network = try network([2, 4, 1])
            _ = network.forward(x)
            var signature = PieceSignature()
            let layer = try #require(network.network.layers[0] as? any PiecewiseLayer<Double>)
            layer.notePieces(in: &signature)
            return signature
        }
        let base = try signature([1, 0, 0, 0, 0, 0, 0, 1])
        #expect(try base == signature([5, 4, 3, 2, 1, 0, 0, 3.5]))
        #expect(try base != signature([0, 1, 0, 0, 0, 0, 0, 1]))
        #expect(try base != signature([1, 0, 1, 0, 0, 0, 0, 0]))
    }

    @Test func whatDoesNotFitIsSaidWithBothShapes() {
        let rank = #expect(throws: ShapeError.self) { try network([28, 28]) }
        #expect(
            rank?.description == "layer layer: expected an input of shape [height, width, channels], given [28, 28]")
        let size = #expect(throws: ShapeError.self) { try network([2, 5, 4], MaxPool2DDescription(kernel: 3)) }
        #expect(size?.description == "layer layer: a kernel of [3, 3] does not fit into [2, 5, 4]")
    }
}
