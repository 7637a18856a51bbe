import AllreduceBaseline
import Core
import Distributed
import Foundation
import Storage
import Training

/// Times steps of the default network under several settings, a few of one and a few of the next in turn, so that whatever
/// else the machine does meets all of them.
struct ReproducibilityBenchmark {
    let communicator: any Communicator
    /// How often each setting has its turn.
    let rounds: Int
    /// The steps of a turn.
    let steps: Int

    /// One setting, and the milliseconds of a step in each of its turns.
    private struct Contender {
        let name: String
        let trainer: Trainer
        var nextStep = 0
        var milliseconds: [Double] = []
    }

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
        for round in 0...rounds {
            // Each round begins with another: what the setting before left in the caches meets all of them.
            for place in contenders.indices { takeTurn(&contenders[(place + round) % contenders.count]) }
            // The first turns are for warming up.
            if round == 0 { for index in contenders.indices { contenders[index].milliseconds.removeAll() } }
        }
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
    ) throws -> Contender {
        let all = ["globalBatchSize": "\(rows * communicator.size)", "dropLast": "true", "shuffle": "false"]
            .merging(keys) { $1 }
        let configuration = try Configuration(overrides: all.map { .key($0.key, $0.value) })
        return Contender(
            name: name,
            trainer: try Trainer(
                configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms))
    }

    /// - Important: Collective; every rank calls it in the same order.
    private func takeTurn(_ contender: inout Contender) {
        communicator.barrier()
        let start = ContinuousClock.now
        for step in contender.nextStep..<(contender.nextStep + steps) { _ = contender.trainer.step(step) }
        let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
        contender.nextStep += steps
        let slowest = communicator.allgather(elapsed).max()!
        contender.milliseconds.append(slowest / Double(steps))
    }

    private func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        func quantile(_ part: Double) -> Double { sorted[Int(part * Double(sorted.count - 1) + 0.5)] }
        return String(format: "%.3f (%.3f–%.3f)", quantile(0.5), quantile(0.25), quantile(0.75))
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String { padding(toLength: length, withPad: " ", startingAt: 0) }
}
