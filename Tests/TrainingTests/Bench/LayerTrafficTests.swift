import Core
import Testing
import Training

@Suite struct LayerTrafficTests {
    private func bytes(
        _ network: String, inputShape: Shape, rows: Int = 3, hasInputGradient: Bool = true, roots: Int = 1
    ) throws -> [Int] {
        let configuration = try Configuration(yaml: "network: \(network)", overrides: [])
        let network = try Network<Float>(configuration.network, inputShape: inputShape)
        let layer = network.layers.last!
        return [
            LayerTraffic.forward(layer, rows: rows, arena: network.arena),
            LayerTraffic.backward(
                layer, rows: rows, hasInputGradient: hasInputGradient, roots: roots, arena: network.arena),
        ]
    }

    /// X [3, 5], Y [3, 4], 24 parameters; back dY, X, dX, the parameters, and a gradient of them a root.
    @Test func aLinearLayer() throws {
        #expect(
            try bytes("[{linear: 4}]", inputShape: [5], roots: 2)
                == [4 * (15 + 12 + 24), 4 * (12 + 15 + 15 + 24 + 2 * 24)])
        // Without dX nobody reads the weight.
        #expect(
            try bytes("[{linear: 4}]", inputShape: [5], hasInputGradient: false)[1] == 4 * (12 + 15 + 24))
    }

    @Test func layersWithoutParameters() throws {
        #expect(try bytes("[relu]", inputShape: [5]) == [4 * 30, 4 * 45])
        #expect(try bytes("[{reshape: [5, 1]}]", inputShape: [5]) == [0, 0])
        #expect(try bytes("[{dropout: 0}]", inputShape: [5]) == [0, 0])
        // 2·2·1 of 4·4·1: where each maximum was is as much as Y.
        #expect(try bytes("[{maxpool: 2}]", inputShape: [4, 4, 1]) == [4 * 3 * (16 + 4), 4 * 3 * (4 + 4 + 16)])
    }

    /// The layers inside count for themselves: what is left is the sum.
    @Test func containers() throws {
        #expect(try bytes("[{residual: [{linear: 5}]}]", inputShape: [5]) == [4 * 45, 4 * 45])
        #expect(try bytes("[{sequence: [{linear: 5}]}]", inputShape: [5]) == [0, 0])
    }
}
