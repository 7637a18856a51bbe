import AllreduceBaseline
import Core
import Distributed
import Training

/// A mechanism of reproducibility, done as other trainers do it.
enum NegativeControl: CaseIterable, Sendable {
    /// Gradients by a floating-point `MPI_Allreduce`; under threads rank after rank.
    case allreduce
    /// Each rank's dropout from a seed of its own.
    case rankSeeds
    /// Batchnorm by the mean of the ranks' means and variances, each with equal weight.
    case unweightedMeans
    /// Each epoch filled up with its first samples until the ranks divide it.
    case paddingSampler

    /// The real mechanisms with this one broken. On one rank nothing is broken.
    var mechanisms: Mechanisms {
        var mechanisms = Mechanisms()
        switch self {
        case .allreduce:
            mechanisms.sharesParameters = false
            mechanisms.gradientReduction = { communicator, memory, blocks, assignment in
                AllreduceReduction(
                    communicator: communicator, memory: memory, blocks: blocks, assignment: assignment)
            }
        case .rankSeeds: mechanisms.passSeed = { seed, communicator in seed &+ UInt64(communicator.rank) }
        case .unweightedMeans: mechanisms.batchReduction = { UnweightedMoments($0, communicator: $1) }
        case .paddingSampler: mechanisms.sampler = { PaddingSampler($0, ranks: $1.size) }
        }
        return mechanisms
    }

    /// A case in which each mechanism matters at any number of ranks above one: 103 samples are divided by none, 37 shards make
    /// all ranks but one or the other unlike in rows, and no order of adding whole ranks is the tree's.
    static let sensitiveCase = RankCase(
        seed: 0,
        yaml: """
            network: [{linear: {outputs: 9, initializer: he}}, relu, batchnorm, {dropout: 0.25}, {linear: 7}, tanh, {linear: 4}]
            globalBatchSize: 64
            shards: 37
            """, datasets: SmallData.datasets, steps: 0..<40, ranks: [2, 3, 4, 5, 7, 8, 16])
}
