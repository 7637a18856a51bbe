/// What summing gradients costs, against the MPI library's own sum.
public struct ReductionReport: Sendable, Encodable {
    /// Gradients of one size: medians over rounds of the slowest rank's time.
    public struct Row: Sendable, Encodable {
        public let gradientBytes: Int
        /// Whether ranks of a node share memory, or send each other messages.
        public let isShared: Bool
        public let rounds: Int
        /// `GradientReduction`: reduce and publish.
        public let reduceMicroseconds: Double
        /// One `MPI_Allreduce` of as many floats, in place.
        public let allreduceMicroseconds: Double
        /// The median over rounds of the first by the second.
        public let ratio: Double
        /// Reduce, the optimizer's step on the rank's slice, publish.
        public let reduceAndUpdateMicroseconds: Double
        /// `MPI_Allreduce`, and the optimizer's step on everything on every rank.
        public let allreduceAndUpdateMicroseconds: Double
        public let ratioWithUpdate: Double
    }

    public internal(set) var rows: [Row]
    /// The size from which on memory is short; nil where all were measured.
    public internal(set) var tooLargeBytes: Int?

    /// For people.
    public var table: String {
        var table = TextTable([
            ("gradient bytes", .right), ("reduce+publish, µs", .right), ("MPI_Allreduce", .right), ("ratio", .right),
            ("with the update", .right), ("MPI_Allreduce and update", .right), ("ratio", .right),
        ])
        for row in rows {
            table.add([
                grouped(row.gradientBytes), row.reduceMicroseconds.fixed(1), row.allreduceMicroseconds.fixed(1),
                row.ratio.fixed(2), row.reduceAndUpdateMicroseconds.fixed(1),
                row.allreduceAndUpdateMicroseconds.fixed(1), row.ratioWithUpdate.fixed(2),
            ])
        }
        let short =
            tooLargeBytes.map { "\nfrom \(grouped($0)) bytes on there is not enough memory, or none to share" } ?? ""
        return "\(table)\(short)"
    }
}
