import AllreduceBaseline
import Core
import Distributed
import Foundation
import Storage
import Training
import Turns

/// Times steps of the default network under several settings, a few of one and a few of the next in turn, so that whatever
/// else the machine does meets all of them.
struct ReproducibilityBenchmark {
    let communicator: any Communicator
    /// How often each setting has its turn.
    let rounds: Int
    /// The steps of a turn.
    let steps: Int

    func run() throws {
        let datasets = try Datasets.bundled()
        if communicator.rank == 0 {
            let library = MPIEnvironment.libraryVersion
            print("\(communicator.size) ranks, \(library); \(rounds) turns of \(steps) steps each")
            print("ratio: median over turns of the default's time by the setting's in the same turn (quartiles)")
        }
        for rows in [64, 512] {
            guard rows * communicator.size <= datasets.train.count else {
                if communicator.rank == 0 { print("\n\(rows) samples a rank: more than the digits are") }
                continue
            }
            try measure(rows: rows, datasets)
        }
    }

    private func measure(rows: Int, _ datasets: Datasets) throws {
        var allreduce = Mechanisms()
        allreduce.sharesParameters = false
        allreduce.gradientReduction = { communicator, memory, blocks, assignment in
            AllreduceReduction(
                communicator: communicator, memory: memory, blocks: blocks, assignment: assignment)
        }
        let oneShardARank = ["shards": "\(communicator.size)"]
        var contenders = [
            try contender("default: 8 shards, one tree", rows, datasets),
            try contender("one shard a rank, MPI_Allreduce", rows, datasets, oneShardARank, allreduce),
            try contender("one shard a rank, one tree", rows, datasets, oneShardARank),
            try contender("no drift checks", rows, datasets, ["driftChecks.every": "0"]),
            try contender("a drift check every step", rows, datasets, ["driftChecks.every": "1"]),
        ]
        TimedTrainer.takeTurns(&contenders, rounds: rounds, communicator) { _ in steps }
        guard communicator.rank == 0 else { return }
        print("\n\(rows) samples a rank".padded(to: 35) + "ms a step (quartiles)      default by it (quartiles)")
        for contender in contenders {
            let ratios = zip(contenders[0].milliseconds, contender.milliseconds).map { $0 / $1 }
            print(contender.name.padded(to: 34) + summary(contender.milliseconds).padded(to: 27) + summary(ratios))
        }
    }

    private func contender(
        _ name: String, _ rows: Int, _ datasets: Datasets, _ keys: [String: String] = [:],
        _ mechanisms: Mechanisms = Mechanisms()
    ) throws -> TimedTrainer {
        let all = ["globalBatchSize": "\(rows * communicator.size)", "dropLast": "true", "shuffle": "false"]
            .merging(keys) { $1 }
        let configuration = try Configuration(overrides: all.map { .key($0.key, $0.value) })
        return TimedTrainer(
            name: name,
            try Trainer(
                configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms))
    }

    private func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        func quantile(_ part: Double) -> Double { sorted[Int(part * Double(sorted.count - 1) + 0.5)] }
        return String(format: "%.3f (%.3f–%.3f)", quantile(0.5), quantile(0.25), quantile(0.75))
    }
}
