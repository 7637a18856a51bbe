/// One product at the local batch, by both backends.
public struct ProductRow: Sendable, Encodable {
    /// The weights that are multiplied so.
    public let weights: [String]
    /// `forward`, `dX` or `dW`.
    public let product: String
    /// The samples of rank 0 in a pass, and the rows of X that each has.
    public let samples: Int
    public let rowsPerSample: Int
    public let inputs: Int
    public let outputs: Int
    /// How a layer cuts the pass into calls: `batch`, `convolution` or `step`.
    public let calls: String
    /// The shards that rank 0's samples are in; each is a sum of its own in dW, but for a convolution's.
    public let shards: Int
    /// The operations of one weight's product over the pass.
    public let flops: Double
    public let nativeMicroseconds: Double
    public let nativeGflops: Double
    public let nativeShareOfPeak: Double
    public let blasMicroseconds: Double
    public let blasGflops: Double
    public let blasShareOfPeak: Double

    /// For people.
    static func table(_ rows: [ProductRow]) -> String {
        var table = TextTable([
            ("product", .left), ("weight", .left), ("samples×rows", .right), ("I×O", .right), ("calls", .left),
            ("native GFLOP/s", .right), ("of peak", .right), ("blas GFLOP/s", .right), ("of peak", .right),
        ])
        for row in rows {
            let others = row.weights.count > 1 ? " and \(row.weights.count - 1) more" : ""
            table.add([
                row.product, row.weights[0] + others, "\(row.samples)×\(row.rowsPerSample)",
                "\(row.inputs)×\(row.outputs)", row.calls, row.nativeGflops.fixed(1),
                (100 * row.nativeShareOfPeak).fixed(0) + " %", row.blasGflops.fixed(1),
                (100 * row.blasShareOfPeak).fixed(0) + " %",
            ])
        }
        return table.description
    }
}
