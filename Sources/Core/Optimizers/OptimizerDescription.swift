/// An optimizer as the configuration describes it, before it has a scalar type.
public protocol OptimizerDescription: Sendable {
    /// The kind in the configuration, e.g. `momentum`.
    var kind: String { get }
    /// The base learning rate, which the schedule scales.
    var learningRate: Double { get }

    func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar>
}

extension OptimizerDescription {
    /// Traps unless the numbers that most optimizers share are in range.
    func expectValid(weightDecay: Double) {
        require(learningRate >= 0 && learningRate.isFinite, "\(kind): a learning rate of \(learningRate)")
        require(weightDecay >= 0 && weightDecay.isFinite, "\(kind): a weight decay of \(weightDecay)")
    }
}
