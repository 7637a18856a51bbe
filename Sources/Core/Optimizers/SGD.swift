/// Stochastic gradient descent: w ← w − lr·(g + wd·w).
public struct SGD<Scalar: TrainingScalar>: Optimizer {
    private let weightDecay: Scalar

    init(weightDecay: Double) {
        self.weightDecay = Scalar(weightDecay)
    }

    public var slotNames: [String] { [] }

    public func update(
        values: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>,
        slots: UnsafeBufferPointer<UnsafeMutablePointer<Scalar>>, count: Int, decays: Bool, learningRate: Double,
        update: Int
    ) {
        descend(
            values, gradients, count: count, decay: decays ? weightDecay : .zero, rate: Scalar(learningRate))
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func descend(
        _ w: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, count: Int, decay: Scalar, rate: Scalar
    ) {
        for i in 0..<count {
            let gradient = Scalar.multiplyAdd(decay, w[i], g[i])
            w[i] = Scalar.multiplyAdd(-rate, gradient, w[i])
        }
    }
}

/// `optimizer: {sgd: {learningRate: 0.05, weightDecay: 0}}`
public struct SGDDescription: OptimizerDescription {
    public let kind = "sgd"
    public let learningRate: Double
    public let weightDecay: Double

    public init(learningRate: Double = 0.05, weightDecay: Double = 0) {
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        expectValid(weightDecay: weightDecay)
    }

    public func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar> {
        SGD<Scalar>(weightDecay: weightDecay)
    }
}
