import Core
import Testing

struct EmbeddingTests {
    /// The example of Documentation/embedding.md.
    @Test(arguments: [[2], [1, 1], [0, 2], [1, 0, 1]])
    func rowsAreGatheredAndTheirGradientsAdded(rowCounts: [Int]) throws {
        let network = try TestNetwork<Double>(
            EmbeddingDescription(classes: 4, width: 2), inputShape: [3], rowCounts: rowCounts)
        network.set("layer/weight", [0, 1, 10, 11, 20, 21, 30, 31])
        #expect(network.network.outputShape == [3, 2])
        #expect(network.forward([2, 0, 2, 3, 2, 0]) == [20, 21, 0, 1, 20, 21, 30, 31, 20, 21, 0, 1])
        let dX = network.backward([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        #expect(dX == [0, 0, 0, 0, 0, 0])
        #expect(network.gradient("layer/weight") == [14, 16, 0, 0, 15, 18, 7, 8])
    }

    /// A second pass begins at zero, whatever the first left.
    @Test func gradientsAreAssigned() throws {
        let network = try TestNetwork<Double>(
            EmbeddingDescription(classes: 3, width: 1), inputShape: [2], rowCounts: [1, 1])
        _ = network.forward([0, 1, 1, 1])
        _ = network.backward([1, 2, 3, 4])
        _ = network.forward([2, 2, 0, 2])
        _ = network.backward([1, 2, 3, 4])
        #expect(network.gradient("layer/weight") == [3, 0, 7])
    }

    @Test(arguments: [[], [1], [2, 2, 3]] as [Shape])
    func samplesMayHaveAnyRank(shape: Shape) throws {
        let network = try TestNetwork<Double>(
            EmbeddingDescription(classes: 5, width: 3), inputShape: shape, rowCounts: [2])
        #expect(network.network.outputShape == Shape(shape.dimensions + [3]))
        let x = (0..<(2 * shape.elementCount)).map { Double($0 * 3 % 5) }
        let table = network.values("layer/weight")
        #expect(network.forward(x) == x.flatMap { table[(3 * Int($0))..<(3 * Int($0) + 3)] })
    }

    @Test func theTableBeginsAsThatOfGPT2AndDecays() throws {
        let network = try TestNetwork<Double>(
            EmbeddingDescription(classes: 256, width: 64), inputShape: [1], rowCounts: [1])
        let weight = network.network.arena.parameters[0]
        #expect(weight.name == "layer/weight" && weight.shape == [256, 64] && weight.decays)
        let squares = network.values("layer/weight").map { $0 * $0 }.reduce(0, +) / 16384
        // The variance of 16,384 draws is within 5·√(2/16384) of it.
        #expect((squares / 0.0004 - 1).magnitude < 5 * (2.0 / 16384).squareRoot())
    }

    @Test(arguments: [-1, 4, 1.5, 1e300, .nan, -.infinity])
    func anInputOutsideTheTableTrapsBeforeItIsUsed(input: Double) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            [bits = input.bitPattern as UInt64] in
            let network = try TestNetwork<Double>(
                EmbeddingDescription(classes: 4, width: 2), inputShape: [2], rowCounts: [1])
            _ = network.forward([3, Double(bitPattern: bits)])
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(
            message.contains("layer layer: an input of \(input); it must be a whole number from 0 to 3"), "\(message)")
    }

    /// Only a network's inputs are known to be whole numbers.
    @Test func itComesFirst() throws {
        let embedding = NamedLayer(name: "embedding1", description: EmbeddingDescription(classes: 4, width: 2))
        let relu = NamedLayer(name: "relu1", description: ReLUDescription())
        func message(_ layers: [NamedLayer]) -> String? {
            #expect(throws: ShapeError.self) { try Network<Float>(layers, inputShape: [3]) }?.description
        }
        #expect(
            message([relu, embedding])
                == "layer embedding1: takes whole numbers, which relu1 does not give; put it first")
        let notAdded = "takes whole numbers, which are not added to anything; put it before residual1"
        for residual in [ResidualDescription([embedding]), ResidualDescription([relu], shortcut: [embedding])] {
            #expect(
                message([NamedLayer(name: "residual1", description: residual)])
                    == "layer residual1/embedding1: \(notAdded)")
        }
        let block = SequenceDescription([embedding, relu])
        #expect(block.inputClasses == 4)
        let network = try Network<Float>([NamedLayer(name: "block", description: block)], inputShape: [3])
        #expect(network.outputShape == [3, 2])
    }
}
