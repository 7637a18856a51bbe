import Core

/// What a training step takes where one backend does all of its products with weights.
public struct BackendRow: Sendable, Encodable {
    /// `native` or `blas`: what `gemm` in a configuration may be.
    public let gemm: String
    public let steps: Int
    /// Of each step's time, the mean of the ranks', as in training.
    public let medianMicroseconds: Double
    public let p95Microseconds: Double
    /// The median by the native products' median.
    public let overNative: Double

    /// - Parameter times: the microseconds of each backend's steps.
    /// - Precondition: none of them empty.
    static func rows(_ times: [ProductBackend: [Double]]) -> [BackendRow] {
        ProductBackend.allCases.map { backend in
            let steps = times[backend]!
            return BackendRow(
                gemm: backend.rawValue, steps: steps.count, medianMicroseconds: steps.median,
                p95Microseconds: steps.percentile(0.95), overNative: steps.median / times[.native]!.median)
        }
    }

    /// For people.
    static func table(_ rows: [BackendRow]) -> String {
        var table = TextTable([
            ("a step with gemm", .left), ("median, µs", .right), ("p95, µs", .right), ("by native", .right),
        ])
        for row in rows {
            table.add([
                row.gemm, row.medianMicroseconds.fixed(1), row.p95Microseconds.fixed(1), row.overNative.fixed(2),
            ])
        }
        return table.description
    }
}
