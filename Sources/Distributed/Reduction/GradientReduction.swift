import Core

/// Sums gradients over all ranks in tree order, and says who updates what: each rank owns a slice of the arena, takes the
/// optimiser's step on that slice alone, and then shows it to the others.
public protocol GradientReduction<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// The part of the arena whose gradient, optimiser state and update are this rank's; may be nothing.
    var owned: OwnedSlice { get }

    /// Says that the backward pass of `partition` begins: from then on gradients may cross the network as they are done.
    ///
    /// - Parameter partition: as for `reduce`, which follows.
    /// - Important: Every rank calls it in the same order, or none.
    func begin(_ partition: BatchPartition)

    /// Says that this rank's partials of all elements from `element` to the arena's end are done. Not collective.
    func finished(from element: Int)

    /// Whether the first batches are being taken in different ways, to time them.
    var isTrying: Bool { get }

    /// Sums every root's gradient partial along the tree, as far as this pass of the batch allows; what has to wait for the
    /// next pass is kept.
    ///
    /// - Parameter partition: how this pass is cut; the same pass of the same batch on every rank, all of them in order.
    /// - Returns: after the batch's last pass the gradient of the owned elements, each at its place in the arena (what lies between
    ///   parameters is left as it was), valid until the next backward pass; before that, of no use. The arena's own partials are
    ///   used up.
    /// - Important: Collective; every rank calls it in the same order.
    func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Scalar>

    /// The sum of the squares of each owned block of the batch's gradient, as `ParameterBlocks.squareSum` takes it; valid after
    /// the batch's last `reduce`.
    var blockSquareSums: UnsafePointer<Double> { get }

    /// Makes the owned values of the arena everybody's.
    ///
    /// Ranks of a node have one copy of the values, so owners write them only after a collective that every rank enters when
    /// its own backward pass is done: `allgatherBlocks`. From here to the end of the next batch's last `reduce` nobody writes them:
    /// there ranks write the values back that they have read (`TakenLines`).
    /// - Important: Collective; every rank calls it in the same order.
    func publish()

    /// Joins one number a block: every rank gives those of its own blocks and receives those of all; and on the way the ranks'
    /// flags, and other bytes of theirs.
    ///
    /// - Parameters:
    ///   - owned: `owned.blockCount` numbers, in the order of the blocks.
    ///   - all: receives one number for each block of the arena.
    ///   - flags: this rank's.
    ///   - bytes: what else goes along, without a wait of its own; nil on every rank for nothing.
    /// - Returns: the bits that any rank has set.
    /// - Important: Collective; every rank calls it in the same order.
    func allgatherBlocks(
        _ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>, joining flags: UInt64,
        along bytes: RankBytes?
    ) -> UInt64

    /// Collects a state that is cut like the arena (an optimiser's slot) at rank 0.
    ///
    /// - Parameters:
    ///   - slice: a state of the owned elements.
    ///   - whole: at rank 0, receives the elements of all blocks in arena order and leaves gaps between parameters alone;
    ///     nil elsewhere.
    /// - Important: Collective; every rank calls it in the same order.
    func gather(_ slice: UnsafePointer<Scalar>, into whole: UnsafeMutablePointer<Scalar>?)

    /// The inverse of `gather`.
    ///
    /// - Parameter whole: at rank 0, the elements in arena order; nil elsewhere.
    /// - Important: Collective; every rank calls it in the same order.
    func scatter(_ whole: UnsafePointer<Scalar>?, into slice: UnsafeMutablePointer<Scalar>)
}

extension GradientReduction {
    public func begin(_ partition: BatchPartition) {}

    public func finished(from element: Int) {}

    public var isTrying: Bool { false }
}
