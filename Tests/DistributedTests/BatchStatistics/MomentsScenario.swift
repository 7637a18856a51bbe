import Core
import Distributed

/// Numbers far from zero, spread over unequal shards, whose variance survives only if it is never a difference of squares.
struct MomentsScenario: Sendable {
    let shards: Int
    let rows: Int
    let channels = 5

    init(shards: Int = 3, rows: Int = 1000) {
        self.shards = shards
        self.rows = rows
    }

    /// 10⁶ + N(0, 1), by Box and Muller.
    func value(row: Int, channel: Int) -> Double {
        let word = Philox.block(key: 3, counter: SIMD4(UInt32(row), UInt32(channel), 0, 0))
        let radius = (-2 * Double.log((Double(word.x) + 1) / 4_294_967_296)).squareRoot()
        // The angle's sine by its series would be one more function; a random sign and a uniform projection do as well.
        let uniform = Double(Int32(bitPattern: word.y)) / 2_147_483_648
        return 1e6 + radius * uniform
    }

    /// Mean and variance of a channel, in two passes over all rows.
    func expected(channel: Int) -> (mean: Double, variance: Double) {
        let deviations = (0..<rows).map { value(row: $0, channel: channel) - 1e6 }
        let mean = deviations.reduce(0, +) / Double(rows)
        let squares = deviations.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
        return (1e6 + mean, squares / Double(rows))
    }

    /// E[x²] − E[x]² in its place.
    func differenceOfSquares(channel: Int) -> Double {
        let values = (0..<rows).map { value(row: $0, channel: channel) }
        let mean = values.reduce(0, +) / Double(rows)
        return values.map { $0 * $0 }.reduce(0, +) / Double(rows) - mean * mean
    }

    /// The record [count, means, M2s] of the global batch.
    ///
    /// - Important: Collective.
    func record(_ communicator: any Communicator) -> [Double] {
        let rank = communicator.rank
        let assignment = ShardAssignment(shards: shards, hostNames: communicator.hostNames)
        let partition = assignment.partitions(rows: rows, rank: rank)[0]
        let reduction = CommunicatorBatchReduction(communicator: communicator)
        reduction.begin(partition)
        let record = BatchRecord<Double>(
            length: 1 + 2 * channels, merge: .moments, limits: assignment.limits(of: rank, globalBatchSize: rows))
        let context = PassContext(
            mode: .training, seed: 0, step: 0, globalRows: rows, firstPosition: partition.firstRow,
            shards: partition.layout, batchReduction: reduction)
        let result = record.reduce(context) { rows, partial in
            partial[0] = Double(rows.count)
            for channel in 0..<channels {
                let values = rows.map { value(row: partition.firstRow + $0, channel: channel) }
                let shift = values[0]
                let mean = shift + values.map { $0 - shift }.reduce(0, +) / Double(values.count)
                partial[1 + channel] = mean
                partial[1 + channels + channel] = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            }
        }
        return (0..<(1 + 2 * channels)).map { result[$0] }
    }

    /// What differs from one rank's bits or from the moments in Double.
    ///
    /// - Important: Collective.
    func violations(of communicator: any Communicator) -> [String] {
        let record = record(communicator)
        var violations: [String] = []
        if record != self.record(SingleCommunicator()) { violations.append("the bits are not those of one rank") }
        if record[0] != Double(rows) { violations.append("\(record[0]) rows counted") }
        for channel in 0..<channels {
            let (mean, variance) = expected(channel: channel)
            let measured = record[1 + channels + channel] / Double(rows)
            if abs(record[1 + channel] - mean) > 1e-9 { violations.append("mean \(record[1 + channel]), not \(mean)") }
            if abs(measured - variance) > 1e-6 * variance { violations.append("variance \(measured), not \(variance)") }
        }
        return violations
    }
}
