/// Gradient descent with momentum: v ← μ·v + (g + wd·w);  w ← w − lr·v. Nesterov's form steps by g + wd·w + μ·v instead.
///
/// The learning rate is outside the velocity, as in PyTorch: a changed rate acts at once.
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), eqs. 1–4, with
/// v scaled by −1 / lr.
public struct Momentum<Scalar: TrainingScalar>: Optimizer {
    private let momentum: Scalar
    private let weightDecay: Scalar
    private let isNesterov: Bool

    init(momentum: Double, weightDecay: Double, isNesterov: Bool) {
        self.momentum = Scalar(momentum)
        self.weightDecay = Scalar(weightDecay)
        self.isNesterov = isNesterov
    }

    public var slotNames: [String] { ["velocity"] }

    public func update(
        values: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>,
        slots: UnsafeBufferPointer<UnsafeMutablePointer<Scalar>>, count: Int, decays: Bool, learningRate: Double,
        update: Int
    ) {
        let decay = decays ? weightDecay : .zero
        if isNesterov {
            lookAhead(values, gradients, slots[0], count: count, decay: decay, rate: Scalar(learningRate))
        } else {
            descend(values, gradients, slots[0], count: count, decay: decay, rate: Scalar(learningRate))
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func descend(
        _ w: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, count: Int,
        decay: Scalar, rate: Scalar
    ) {
        let momentum = momentum
        for i in 0..<count {
            let gradient = Scalar.multiplyAdd(decay, w[i], g[i])
            let velocity = Scalar.multiplyAdd(momentum, v[i], gradient)
            v[i] = velocity
            w[i] = Scalar.multiplyAdd(-rate, velocity, w[i])
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func lookAhead(
        _ w: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, count: Int,
        decay: Scalar, rate: Scalar
    ) {
        let momentum = momentum
        for i in 0..<count {
            let gradient = Scalar.multiplyAdd(decay, w[i], g[i])
            let velocity = Scalar.multiplyAdd(momentum, v[i], gradient)
            v[i] = velocity
            w[i] = Scalar.multiplyAdd(-rate, Scalar.multiplyAdd(momentum, velocity, gradient), w[i])
        }
    }
}

/// `optimizer: {momentum: {learningRate: 0.05, momentum: 0.9, weightDecay: 0}}`
public struct MomentumDescription: OptimizerDescription {
    public let kind = "momentum"
    public let learningRate: Double
    public let momentum: Double
    public let weightDecay: Double

    public init(learningRate: Double = 0.05, momentum: Double = 0.9, weightDecay: Double = 0) {
        require(momentum >= 0 && momentum < 1, "a momentum of \(momentum); it must be at least 0 and below 1")
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        expectValid(weightDecay: weightDecay)
    }

    public func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar> {
        Momentum<Scalar>(momentum: momentum, weightDecay: weightDecay, isNesterov: false)
    }
}
