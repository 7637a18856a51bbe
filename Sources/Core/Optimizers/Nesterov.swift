/// `optimizer: {nesterov: {learningRate: 0.05, momentum: 0.9, weightDecay: 0}}`
///
/// v ← μ·v + g;  w ← w − lr·(g + μ·v), g with its weight decay: PyTorch's `SGD(nesterov=True)`.
public struct NesterovDescription: OptimizerDescription {
    public let kind = "nesterov"
    public let learningRate: Double
    public let momentum: Double
    public let weightDecay: Double

    public init(learningRate: Double = 0.05, momentum: Double = 0.9, weightDecay: Double = 0) {
        require(momentum > 0 && momentum < 1, "a nesterov momentum of \(momentum); it must be between 0 and 1")
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        expectValid(weightDecay: weightDecay)
    }

    public func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar> {
        Momentum<Scalar>(momentum: momentum, weightDecay: weightDecay, isNesterov: true)
    }
}
