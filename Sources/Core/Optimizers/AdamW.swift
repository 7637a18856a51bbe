/// `optimizer: {adamw: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01}}`
///
/// Adam whose weight decay acts on the weights alone: w ← w·(1 − lr·wd) before the step.
public struct AdamWDescription: OptimizerDescription {
    public let kind = "adamw"
    public let learningRate: Double
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double

    public init(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0.01
    ) {
        require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "adamw betas of \(beta1), \(beta2)")
        require(epsilon > 0 && epsilon.isFinite, "an adamw epsilon of \(epsilon); it must be above 0")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        expectValid(weightDecay: weightDecay)
    }

    public func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar> {
        Adam<Scalar>(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, isDecoupled: true)
    }
}
