import Core
import Distributed
import Foundation
import Storage
import Training
import Turns

/// Times steps in one bucket, in several that are sent when the backward pass is done, and in several that are sent meanwhile: a few
/// steps of one and a few of the next in turn.
struct OverlapBenchmark {
    let communicator: any Communicator
    /// How often each way has its turn.
    let rounds: Int

    private static let networks = [
        (
            "784–1024–1024–1024–1024–1024–10",
            "[\((0..<5).map { _ in "{linear: 1024}, relu" }.joined(separator: ", ")), {linear: 10}]", [64, 256, 1024]
        ),
        (
            "4 transformer blocks of width 128 on 28 rows of pixels",
            "[{reshape: [28, 28]}, {linear: 128}, positionalEmbedding, "
                + (0..<4).map { _ in "{transformerBlock: {heads: 4}}, " }.joined()
                + "layernorm, flatten, {linear: 10}]",
            [16, 64]
        ),
    ]

    func run() throws {
        let datasets = try Datasets.bundled()
        if communicator.rank == 0 {
            print(
                "\(communicator.size) ranks, \(MPIEnvironment.libraryVersion); ms a step, medians of \(rounds) turns (range)"
            )
            print(
                "samples a rank   one bucket               buckets, afterwards      buckets, meanwhile       one bucket by meanwhile"
            )
        }
        for (name, layers, rows) in Self.networks {
            if communicator.rank == 0 { print(name) }
            for rows in rows { try measure(layers, rows: rows, datasets) }
        }
    }

    private func measure(_ layers: String, rows: Int, _ datasets: Datasets) throws {
        let configuration = try Configuration(
            yaml: "network: \(layers)\nglobalBatchSize: \(rows * communicator.size)\ndropLast: true")
        func contender(_ name: String, bucketBytes: Int?, overlaps: Bool) throws -> TimedTrainer {
            var mechanisms = Mechanisms()
            mechanisms.bucketBytes = bucketBytes
            mechanisms.gradientReduction = {
                NodeReduction(
                    communicator: $0, memory: $1, blocks: $2, assignment: $3, trial: OverlapTrial(always: overlaps))
            }
            return TimedTrainer(
                name: name,
                try Trainer(
                    configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms))
        }
        var contenders = [
            try contender("one bucket", bucketBytes: .max, overlaps: false),
            try contender("buckets, afterwards", bucketBytes: nil, overlaps: false),
            try contender("buckets, meanwhile", bucketBytes: nil, overlaps: true),
        ]
        // About half a second a turn.
        TimedTrainer.takeTurns(&contenders, rounds: rounds, communicator) { last in
            last.map { max(2, Int(500 / $0)) } ?? 3
        }
        guard communicator.rank == 0 else { return }
        let ratios = zip(contenders[0].milliseconds, contenders[2].milliseconds).map { $0 / $1 }
        let columns = (contenders.map(\.milliseconds) + [ratios]).map { summary($0).padded(to: 25) }
        print("\(rows)".padded(to: 17) + columns.joined())
    }

    private func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return String(format: "%.2f (%.2f–%.2f)", sorted[sorted.count / 2], sorted[0], sorted[sorted.count - 1])
    }
}
