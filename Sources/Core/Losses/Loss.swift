/// What a batch should have come out as.
///
/// Belongs to the caller and stays valid and unchanged until the backward pass of the same step.
public enum Targets<Scalar: TrainingScalar> {
    /// The class of each of a row's P places, row after row: one a row, or in a sequence one for each step.
    case classes(UnsafePointer<Int32>)
    /// The wanted outputs, [N] + output shape.
    case values(UnsafePointer<Scalar>)
}

/// Sums over the global batch: what a loss layer reports of a pass.
public struct BatchMetrics<Value: TrainingScalar> {
    /// The sum of the rows' losses. Divide by `count` for the batch's loss.
    public var lossSum: Value
    /// The places whose largest output is at their class (the first of equals), P of them a row; 0 where there are no classes.
    public var correct: Int
    /// The rows.
    public var count: Int

    public init(lossSum: Value, correct: Int, count: Int) {
        self.lossSum = lossSum
        self.correct = correct
        self.count = count
    }
}

/// A loss: the mean over the global batch's rows of a row's loss, which is the mean over its places.
///
/// An output of shape [classes] has one place, one of shape [..., classes] a place for each row along the last axis:
/// P = `outputShape.rowCount`.
public protocol Loss<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// Allocates the caches, once.
    func prepare(limits: PassLimits)

    /// Computes the loss of every row, and whether its places are right. A NaN among a row's predictions makes the loss NaN and
    /// the row wrong.
    ///
    /// - Parameters:
    ///   - predictions: the network's outputs, `[N] + output shape`.
    ///   - targets: of the same rows.
    /// - Complexity: no allocation.
    func forward(_ predictions: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext)

    /// The loss of each row of the last forward pass, for reports.
    var rowLosses: UnsafePointer<Scalar> { get }

    /// Sums what the last forward pass found over the global batch, by one sum of `context.batchReduction`: once a pass, at any
    /// time until the next.
    ///
    /// - Returns: the sums over the global batch, complete after its last pass.
    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    func metrics(_ context: PassContext) -> BatchMetrics<Scalar.Accumulator>

    /// Computes the gradient of the mean loss with respect to the predictions of the last forward pass.
    ///
    /// - Parameter gradient: `[N] + output shape`, assigned.
    /// - Complexity: no allocation.
    func backward(into gradient: TensorView<Scalar>, context: PassContext)
}

/// A loss as the configuration describes it.
public protocol LossDescription: Sendable {
    /// The name in the configuration, e.g. `softmaxCrossEntropy`.
    var kind: String { get }

    /// - Throws: `ShapeError` if the loss cannot take outputs of this shape.
    func makeLoss<Scalar: TrainingScalar>(
        outputShape: Shape, scalar: Scalar.Type
    ) throws(ShapeError) -> any Loss<Scalar>
}
