/// An update rule over a stretch of one parameter: element i of the result depends on element i of the inputs alone, so
/// the bits do not depend on who updates which stretch.
public protocol Optimizer<Scalar> {
    associatedtype Scalar: TrainingScalar

    /// The names of the state it keeps for every element, e.g. `velocity`; the files' `/optimizer/SLOT`.
    var slotNames: [String] { get }

    /// Updates `count` elements in place.
    ///
    /// - Parameters:
    ///   - values: the parameters, updated.
    ///   - gradients: the gradient of the loss.
    ///   - slots: for each of `slotNames`, the state of the first of these elements; updated.
    ///   - decays: whether weight decay applies to these elements.
    ///   - learningRate: this step's.
    ///   - update: how many updates came before this one (0 for the first).
    /// - Complexity: no allocation.
    func update(
        values: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>,
        slots: UnsafeBufferPointer<UnsafeMutablePointer<Scalar>>, count: Int, decays: Bool, learningRate: Double,
        update: Int)
}
