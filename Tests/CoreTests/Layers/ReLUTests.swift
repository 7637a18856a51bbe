import Core
import Testing

struct ReLUTests {
    @Test func negativesAndZerosBecomeZero() throws {
        let network = try TestNetwork<Double>(ReLUDescription(), inputShape: [2, 3], rowCounts: [1])
        let y = network.forward([-1, 0, 2, -0.0, 3, -4])
        #expect(y == [0, 0, 2, 0, 3, 0])
        #expect(y.allSatisfy { $0.sign == .plus })
        // The slope is 1 above 0 and 0 elsewhere, 0 itself included.
        #expect(network.backward([5, 6, 7, 8, 9, 10]) == [0, 0, 7, 0, 9, 0])
    }

    @Test func aNaNStaysOne() throws {
        let network = try TestNetwork<Float>(ReLUDescription(), inputShape: [2], rowCounts: [1])
        let y = network.forward([.nan, .infinity])
        #expect(y[0].isNaN && y[1] == .infinity)
    }

    @Test func piecesAreTold() throws {
        func signature(_ x: [Double]) throws -> PieceSignature {
            let network = try TestNetwork<Double>(ReLUDescription(), inputShape: [3], rowCounts: [1])
            _ = network.forward(x)
            var signature = PieceSignature()
            let layer = try #require(network.network.layers[0] as? any PiecewiseLayer<Double>)
            layer.notePieces(in: &signature)
            return signature
        }
        #expect(try signature([1, -1, 2]) == signature([3, -2, 0.1]))
        #expect(try signature([1, -1, 2]) != signature([1, 1, 2]))
        #expect(try signature([1, -1, 2]) != signature([-1, 1, 2]))
    }
}
