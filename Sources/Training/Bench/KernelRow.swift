/// A kernel of a step on rank 0, and what its formula has to move at least.
public struct KernelRow: Sendable, Encodable {
    /// A layer's name, or `loss`, `optimizer`, `batch`.
    public let kernel: String
    /// `forward`, `backward`; of the loss `both`, of the optimizer `update`, of the batch `gather`.
    public let pass: String
    /// The median over the steps, without waiting for other ranks.
    public let microseconds: Double
    public let bytes: Int
    public let gigabytesPerSecond: Double

    init(kernel: String, pass: String, microseconds: Double, bytes: Int) {
        self.kernel = kernel
        self.pass = pass
        self.microseconds = microseconds
        self.bytes = bytes
        // What takes less than a nanosecond did nothing.
        gigabytesPerSecond = Double(bytes) / max(microseconds, 1e-3) / 1e3
    }

    /// For people.
    static func table(_ rows: [KernelRow]) -> String {
        var table = TextTable([
            ("kernel", .left), ("pass", .left), ("µs", .right), ("bytes", .right), ("GB/s", .right),
        ])
        for row in rows {
            table.add([
                row.kernel, row.pass, row.microseconds.fixed(1), grouped(row.bytes), row.gigabytesPerSecond.fixed(2),
            ])
        }
        return table.description
    }
}
