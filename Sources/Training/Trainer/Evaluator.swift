import Core
import Distributed
import Storage

/// What a pass over a dataset gave.
public struct Evaluation: Sendable, Hashable, BitwiseCopyable {
    /// The mean loss over all samples.
    public let loss: Double
    /// The places whose largest output was at their class.
    public let correct: Int
    public let samples: Int
    /// The places of all samples: as many, or in sequences a place for each step.
    public let places: Int

    /// The part that is right, from 0 to 1.
    public var accuracy: Double { Double(correct) / Double(places) }
}

/// Evaluates the network on every sample of a dataset exactly once, in file order, at any number of ranks.
public final class Evaluator {
    private let network: Network<Float>
    private let loss: any Loss<Float>
    private let loader: BatchLoader<Float>
    private let partitions: BatchPartitions
    private let order: [UInt32]
    private let batchSize: Int
    private let seed: UInt64

    init(
        network: Network<Float>, loss: any Loss<Float>, dataset: Dataset, partitions: BatchPartitions, batchSize: Int,
        seed: UInt64
    ) {
        self.network = network
        self.loss = loss
        self.partitions = partitions
        self.batchSize = batchSize
        self.seed = seed
        loader = BatchLoader(dataset, maximumRows: partitions.limits.rows)
        order = (0..<UInt32(dataset.count)).map { $0 }
    }

    /// Runs all samples through the network in inference mode.
    ///
    /// Losses are summed along the shard tree in a batch and in `Double` in the order of the batches. A batch is taken in as
    /// many passes as in training, so it needs no more memory; its sum is the same in any number of passes.
    /// - Important: Collective; every rank calls it in the same order.
    public func evaluate() -> Evaluation {
        var lossSum = 0.0
        var correct = 0
        for start in stride(from: 0, to: order.count, by: batchSize) {
            let passes = partitions.passes(rows: min(batchSize, order.count - start))
            var metrics = forward(passes[0], from: start)
            for partition in passes.dropFirst() { metrics = forward(partition, from: start) }
            lossSum += metrics.lossSum
            correct += metrics.correct
        }
        return Evaluation(
            loss: (lossSum / Double(order.count)).withOneNaN, correct: correct, samples: order.count,
            places: order.count * network.outputShape.rowCount)
    }

    /// Runs one pass of the batch whose first sample is `start`.
    private func forward(_ partition: BatchPartition, from start: Int) -> BatchMetrics<Double> {
        let first = start + partition.firstRow
        return order.withUnsafeBufferPointer { order in
            let indices = UnsafeBufferPointer(rebasing: order[first..<(first + partition.layout.rows)])
            let context = PassContext(
                mode: .inference, seed: seed, step: 0, globalRows: partition.globalRows, passRows: partition.passRows,
                firstPosition: first, shards: partition.layout, sampleIndices: indices,
                batchReduction: partitions.begin(partition))
            let (inputs, targets) = loader.load(indices)
            loss.forward(network.forward(inputs, context: context), targets: targets, context: context)
            return loss.metrics(context)
        }
    }
}
