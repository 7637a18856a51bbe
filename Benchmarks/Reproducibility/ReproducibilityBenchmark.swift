import AllreduceBaseline
import Core
import Distributed
import Foundation
import Storage
import Training

/// Times steps of the same network under two settings, a few of one and a few of the other in turn, so that whatever else the
/// machine does meets both.
struct ReproducibilityBenchmark {
    let communicator: any Communicator
    /// How often each setting has its turn.
    let rounds: Int
    /// The steps of a turn.
    let steps: Int

    /// One setting, and the milliseconds of a step in each of its turns.
    private struct Contender {
        let trainer: Trainer
        var nextStep = 0
        var milliseconds: [Double] = []
    }

    func run() throws {
        let datasets = try Datasets.bundled()
        if communicator.rank == 0 {
            print(
                "\(communicator.size) ranks, \(MPIEnvironment.libraryVersion); median of \(rounds) × \(steps) steps, ms"
            )
            print("samples a rank    default (quartiles)     one shard, MPI_Allreduce (quartiles)   ratio")
        }
        for rows in [64, 512] { try measure(rows: rows, datasets) }
    }

    private func measure(rows: Int, _ datasets: Datasets) throws {
        var allreduce = Mechanisms()
        allreduce.gradientReduction = { communicator, arena, blocks, _ in
            AllreduceReduction(communicator: communicator, arena: arena, blocks: blocks)
        }
        var tree = Contender(trainer: try trainer(rows: rows, datasets, shards: nil, Mechanisms()))
        var plain = Contender(trainer: try trainer(rows: rows, datasets, shards: communicator.size, allreduce))
        for round in 0...rounds {
            takeTurn(&tree)
            takeTurn(&plain)
            // The first turns are for warming up.
            if round == 0 {
                tree.milliseconds.removeAll()
                plain.milliseconds.removeAll()
            }
        }
        guard communicator.rank == 0 else { return }
        let ratio = String(format: "%.3f", quantile(tree, 0.5) / quantile(plain, 0.5))
        print("\(rows)    \(summary(tree))    \(summary(plain))    \(ratio)")
    }

    private func trainer(
        rows: Int, _ datasets: Datasets, shards: Int?, _ mechanisms: Mechanisms
    ) throws -> Trainer {
        var overrides: [ConfigurationOverride] = [
            .key("globalBatchSize", "\(rows * communicator.size)"), .key("dropLast", "true"), .key("shuffle", "false"),
        ]
        if let shards { overrides.append(.key("shards", "\(shards)")) }
        return try Trainer(
            Configuration(overrides: overrides), datasets: datasets, communicator: communicator, mechanisms: mechanisms)
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

    private func summary(_ contender: Contender) -> String {
        String(
            format: "%.3f (%.3f–%.3f)", quantile(contender, 0.5), quantile(contender, 0.25), quantile(contender, 0.75))
    }

    private func quantile(_ contender: Contender, _ part: Double) -> Double {
        let sorted = contender.milliseconds.sorted()
        return sorted[Int(part * Double(sorted.count - 1) + 0.5)]
    }
}
