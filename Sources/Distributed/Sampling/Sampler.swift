/// Which samples of the dataset each step trains on: the same answers on every rank.
public protocol Sampler: AnyObject {
    /// The positions of an epoch.
    var sampleCount: Int { get }
    /// The steps of one epoch.
    var stepsPerEpoch: Int { get }

    /// Makes the order of `epoch`.
    func begin(epoch: Int)

    /// The rows of the batch of step `step` of an epoch.
    func batchRows(step: Int) -> Int

    /// The position in the epoch of the first row of step `step`.
    func firstPosition(step: Int) -> Int

    /// The dataset indices at these positions of the epoch; valid until the next `begin`.
    func indices(positions: Range<Int>) -> UnsafeBufferPointer<UInt32>
}
