import Core
import Distributed

/// What keeps the number of ranks out of a run's bits, each part replaceable on its own: by negative controls, which break
/// one and must be caught, and by benchmarks. Nothing that a user says reaches it.
package struct Mechanisms: Sendable {
    /// How gradients are summed over ranks, and who updates what.
    package var gradientReduction:
        @Sendable (any Communicator, ParameterWindow<Float>, ParameterBlocks, ShardAssignment)
            -> any GradientReduction<Float> = {
                NodeReduction(communicator: $0, memory: $1, blocks: $2, assignment: $3)
            }

    /// The gradients, in bytes, that are worth messages of their own while the backward pass goes on; nil for as many as ranks are
    /// worth.
    package var bucketBytes: Int?

    /// Whether the ranks of a node have one copy of the parameters.
    package var sharesParameters = true

    /// What layers get their sums over the batch from, given the real one; and the loss, but in a batch's last pass, where its sum
    /// goes along with the gradient's norm.
    package var batchReduction: @Sendable (CommunicatorBatchReduction, any Communicator) -> any BatchReduction = {
        reduction, _ in reduction
    }

    /// The order of the samples, given the real one.
    package var sampler: @Sendable (EpochSampler, any Communicator) -> any Sampler = { sampler, _ in sampler }

    /// The key of a pass's random numbers, given the run's seed.
    package var passSeed: @Sendable (UInt64, any Communicator) -> UInt64 = { seed, _ in seed }

    /// The real ones.
    package init() {}
}
