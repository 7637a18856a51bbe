/// What a training step takes, and what for.
public struct StepReport: Sendable, Encodable {
    /// A part of a step, measured in steps in which ranks wait for each other before much is moved.
    public struct Phase: Sendable, Encodable {
        /// `load`, `forward`, `backward`, `wait`, `reduce`, `update`, `publish`; `all` for their sum.
        public let phase: String
        /// Over ranks and steps.
        public let medianMicroseconds: Double
        public let p95Microseconds: Double
        /// The median over the steps of the rank for which it is the largest, and that rank.
        public let slowestRankMicroseconds: Double
        public let slowestRank: Int
    }

    /// How often a rank waits for others in a step, on average over the steps: rank 0's.
    public struct Waits: Sendable, Encodable {
        public let total: Double
        /// By what for, e.g. `batch_statistics`; kinds that there are none of are left out.
        public let byKind: [String: Double]
    }

    public let globalBatchSize: Int
    /// Rank 0's part of it.
    public let localBatchSize: Int
    public let steps: Int
    public let warmUpSteps: Int
    /// Of each step's time, the mean of the ranks', as in training.
    public let medianMicroseconds: Double
    public let p95Microseconds: Double
    public let samplesPerSecond: Double
    public let phases: [Phase]
    /// The operations of the products with weights, of the rank that has most of them.
    public let productFlops: Double
    /// The time of these at the measured peak: no step is faster.
    public let floorMicroseconds: Double
    /// The median step by the floor.
    public let stepOverFloor: Double
    /// Nil on one rank: there is nobody to wait for.
    public let waits: Waits?
    /// The pause that a checkpoint makes, of the slowest rank: the state is looked at, gathered on rank 0 and copied, and a
    /// thread writes the file while training goes on.
    public let checkpointMicroseconds: Double

    /// For people.
    public var table: String {
        var table = TextTable([
            ("phase", .left), ("median, µs", .right), ("p95", .right), ("slowest rank", .right), ("rank", .right),
        ])
        for phase in phases {
            table.add([
                phase.phase, phase.medianMicroseconds.fixed(1), phase.p95Microseconds.fixed(1),
                phase.slowestRankMicroseconds.fixed(1), "\(phase.slowestRank)",
            ])
        }
        return
            ([
                "\(steps) steps of \(globalBatchSize) samples, \(localBatchSize) of them rank 0's: "
                    + "median \(medianMicroseconds.fixed(1)) µs, p95 \(p95Microseconds.fixed(1)) µs, "
                    + "\(grouped(Int(samplesPerSecond))) samples/s",
                "\(stepOverFloor.fixed(2)) times the \(floorMicroseconds.fixed(1)) µs that its products take at the peak "
                    + "(\((productFlops / 1e6).fixed(1)) MFLOP a rank)",
            ] + (waits.map { [Self.line($0)] } ?? [])
            + ["a checkpoint stops training for \(checkpointMicroseconds.fixed(1)) µs"] + ["", table.description])
            .joined(separator: "\n")
    }

    private static func line(_ waits: Waits) -> String {
        func count(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : value.fixed(2) }
        let kinds = waits.byKind.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key.replacing("_", with: " ")) \(count($0.value))" }
        return "\(count(waits.total)) waits a step: \(kinds.joined(separator: ", "))"
    }
}
