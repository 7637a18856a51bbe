import Core
import Distributed
import Foundation
import Storage
import Training

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

    /// One way, and the milliseconds of a step in each of its turns.
    private struct Contender {
        let trainer: Trainer
        var nextStep = 0
        var milliseconds: [Double] = []
    }

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
        func contender(bucketBytes: Int?, overlaps: Bool) throws -> Contender {
            var mechanisms = Mechanisms()
            mechanisms.bucketBytes = bucketBytes
            mechanisms.gradientReduction = {
                NodeReduction(
                    communicator: $0, memory: $1, blocks: $2, assignment: $3, trial: OverlapTrial(always: overlaps))
            }
            return Contender(
                trainer: try Trainer(
                    configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms))
        }
        var contenders = [
            try contender(bucketBytes: .max, overlaps: false), try contender(bucketBytes: nil, overlaps: false),
            try contender(bucketBytes: nil, overlaps: true),
        ]
        for round in 0...rounds {
            for place in contenders.indices { takeTurn(&contenders[(place + round) % contenders.count]) }
            // The first turns are for warming up.
            if round == 0 { for index in contenders.indices { contenders[index].milliseconds.removeAll() } }
        }
        guard communicator.rank == 0 else { return }
        let ratios = zip(contenders[0].milliseconds, contenders[2].milliseconds).map { $0 / $1 }
        let columns = (contenders.map(\.milliseconds) + [ratios]).map { summary($0).padded(to: 25) }
        print("\(rows)".padded(to: 17) + columns.joined())
    }

    /// About half a second.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    private func takeTurn(_ contender: inout Contender) {
        let steps = contender.milliseconds.last.map { max(2, Int(500 / $0)) } ?? 3
        communicator.barrier()
        let start = ContinuousClock.now
        for step in contender.nextStep..<(contender.nextStep + steps) { _ = contender.trainer.step(step) }
        let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
        contender.nextStep += steps
        contender.milliseconds.append(communicator.allgather(elapsed).max()! / Double(steps))
    }

    private func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return String(format: "%.2f (%.2f–%.2f)", sorted[sorted.count / 2], sorted[0], sorted[sorted.count - 1])
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String { padding(toLength: length, withPad: " ", startingAt: 0) }
}
