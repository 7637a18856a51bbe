import Core
import Testing

@Suite struct MeasurementTests {
    @Test func percentilesAreTheNearestRank() {
        let values = (1...20).map(Double.init).reversed().map { $0 }
        #expect(values.percentile(0.95) == 19 && values.percentile(1) == 20 && values.percentile(0) == 1)
        // 28.5 of 30 values: the 29th.
        #expect((1...30).map(Double.init).percentile(0.95) == 29 && [3.0].percentile(0.95) == 3)
        #expect(values.median == 11 && [5.0, 1, 3].median == 3)
    }

    /// By hand: 7 samples of 5 rows, [3, 4]: 7·5·3·4 multiplications and as many additions.
    @Test func aProductsOperationsAreCounted() {
        #expect(ProductShape(inputs: 3, outputs: 4, rowsPerSample: 5).flops(samples: 7) == 840)
        let product = MatrixProduct<Float>(inputs: 3, outputs: 4, rowsPerSample: 5, backend: .native)
        #expect(product.shape(.step) == ProductShape(inputs: 3, outputs: 4, rowsPerSample: 5, calls: .step))
    }
}
