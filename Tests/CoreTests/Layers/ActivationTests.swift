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

struct SigmoidTests {
    @Test func valuesAndSlopes() throws {
        let network = try TestNetwork<Double>(SigmoidDescription(), inputShape: [3], rowCounts: [1])
        // σ(ln 3) = 3/4, with slope 3/16.
        #expect(network.forward([0, 1.0986122886681098, -1.0986122886681098]).isClose(to: [0.5, 0.75, 0.25], 1e-15))
        #expect(network.backward([2, 16, 16]).isClose(to: [0.5, 3, 3], 1e-15))
    }

    @Test func farOutItSaturates() throws {
        let network = try TestNetwork<Float>(SigmoidDescription(), inputShape: [4], rowCounts: [1])
        #expect(network.forward([1000, -1000, .infinity, -.infinity]) == [1, 0, 1, 0])
        #expect(network.backward([1, 1, 1, 1]) == [0, 0, 0, 0])
    }
}

struct TanhTests {
    @Test func valuesAndSlopes() throws {
        let network = try TestNetwork<Double>(TanhDescription(), inputShape: [3], rowCounts: [1])
        // tanh(ln 2) = 3/5, with slope 16/25.
        #expect(network.forward([0, 0.6931471805599453, -0.6931471805599453]).isClose(to: [0, 0.6, -0.6], 1e-15))
        #expect(network.backward([2, 25, 25]).isClose(to: [2, 16, 16], 1e-14))
    }

    @Test func farOutItSaturates() throws {
        let network = try TestNetwork<Float>(TanhDescription(), inputShape: [2], rowCounts: [1])
        #expect(network.forward([1000, -1000]) == [1, -1])
        #expect(network.backward([1, 1]) == [0, 0])
    }
}
