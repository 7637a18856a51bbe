import Core
import Testing
import Training

@Suite struct NetworkProductsTests {
    private func products(_ network: String, inputShape: Shape) throws -> NetworkProducts {
        let configuration = try Configuration(yaml: "network: \(network)", overrides: [])
        return NetworkProducts(
            try Network<Float>(configuration.network, inputShape: inputShape), loss: configuration.loss)
    }

    /// 784·256 without dX, for nobody needs that of the input; 256·128 and 128·10 with it. Twice that a sample and product.
    @Test func theDefaultNetwork() throws {
        let products = try products("[{linear: 256}, relu, {linear: 128}, tanh, {linear: 10}]", inputShape: [784])
        #expect(products.products.map(\.weights) == [["linear1/weight"], ["linear2/weight"], ["linear3/weight"]])
        #expect(products.products.map(\.needsInputGradient) == [false, true, true])
        let sample = 2 * (2 * 784 * 256 + 3 * (256 * 128 + 128 * 10))
        #expect(products.flops(samples: 64) == Double(64 * sample))
    }

    /// 5 steps of 3 features, 4 units: X·Wₓ of all steps, without dX, as only a reshape is before it; h·Wₕ step by step, where
    /// the first has neither h nor a use for dX.
    @Test func aRecurrence() throws {
        let products = try products("[{reshape: [5, 3]}, {lstm: 4}]", inputShape: [15])
        #expect(products.products.map(\.weights) == [["lstm1/input_weight"], ["lstm1/hidden_weight"]])
        #expect(products.products.map(\.shape.calls) == [.batch, .step])
        let sample = 2 * 2 * 5 * 3 * 16 + 2 * (4 + 4 + 5) * 4 * 16
        #expect(products.flops(samples: 1) == Double(sample))
    }

    /// A convolution goes sample by sample, the first without dX; both of a residual's are alike.
    @Test func imagesAndContainers() throws {
        let products = try products(
            """
            [{reshape: [6, 6, 1]}, {convolution: {outputs: 2, kernel: 3, padding: 1}}, \
            {residual: [{convolution: {outputs: 2, kernel: 3, padding: 1}}, {convolution: {outputs: 2, kernel: 3, padding: 1}}]}]
            """, inputShape: [36])
        let shapes = products.products.map(\.shape)
        #expect(shapes.map(\.calls.name) == ["convolution", "convolution"])
        #expect(shapes.map(\.inputs) == [9, 18] && shapes.map(\.outputs) == [2, 2])
        #expect(shapes.map(\.rowsPerSample) == [36, 36])
        #expect(products.products.last?.weights == ["residual1/convolution1/weight", "residual1/convolution2/weight"])
        #expect(products.flops(samples: 2) == Double(2 * 2 * 36 * (2 * 9 * 2 + 2 * 3 * 18 * 2)))
    }

    /// Queries, keys, values and the output are four equal products; what has no weight in it is none.
    @Test func attention() throws {
        let products = try products(
            "[{reshape: [4, 6]}, {linear: 8}, {multiHeadAttention: {heads: 2}}, gelu]", inputShape: [24])
        #expect(products.products.map(\.weights.count) == [1, 4])
        #expect(products.products.last?.shape == ProductShape(inputs: 8, outputs: 8, rowsPerSample: 4))
    }
}
