/// m ← m + (1 − β₁)·(g − m);  v ← β₂·v + (1 − β₂)·g²;  w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε),  t from 1.
///
/// Coupled weight decay (Adam) adds wd·w to g; decoupled (AdamW) first scales w by 1 − lr·wd. PyTorch's formulas.
/// Source: Kingma & Ba, "Adam" (2015), algorithm 1; Loshchilov & Hutter, "Decoupled weight decay regularization" (2019),
/// algorithm 2.
public struct Adam<Scalar: TrainingScalar>: Optimizer {
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double
    private let weightDecay: Double
    private let isDecoupled: Bool

    init(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, isDecoupled: Bool) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.isDecoupled = isDecoupled
    }

    public var slotNames: [String] { ["first_moment", "second_moment"] }

    public func update(
        values: UnsafeMutablePointer<Scalar>, gradients: UnsafePointer<Scalar>,
        slots: UnsafeBufferPointer<UnsafeMutablePointer<Scalar>>, count: Int, decays: Bool, learningRate: Double,
        update: Int
    ) {
        let decay = decays ? weightDecay : 0
        let correction1 = 1 - Double.pow(beta1, Double(update + 1))
        let correction2 = 1 - Double.pow(beta2, Double(update + 1))
        let factors = Factors(
            shrink: Scalar(isDecoupled ? 1 - learningRate * decay : 1), decay: Scalar(isDecoupled ? 0 : decay),
            rate: Scalar(-learningRate / correction1), beta2: Scalar(beta2), firstShare: Scalar(1 - beta1),
            secondShare: Scalar(1 - beta2), inverseRoot: Scalar(1 / correction2.squareRoot()),
            epsilon: Scalar(epsilon))
        descend(values, gradients, slots[0], slots[1], count: count, factors)
    }

    /// What does not depend on the element.
    private struct Factors {
        let shrink: Scalar
        let decay: Scalar
        let rate: Scalar
        let beta2: Scalar
        let firstShare: Scalar
        let secondShare: Scalar
        let inverseRoot: Scalar
        let epsilon: Scalar
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func descend(
        _ w: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, _ m: UnsafeMutablePointer<Scalar>,
        _ v: UnsafeMutablePointer<Scalar>, count: Int, _ factors: Factors
    ) {
        for i in 0..<count {
            let gradient = Scalar.multiplyAdd(factors.decay, w[i], g[i])
            let first = Scalar.multiplyAdd(factors.firstShare, gradient - m[i], m[i])
            let second = Scalar.multiplyAdd(factors.secondShare * gradient, gradient, factors.beta2 * v[i])
            m[i] = first
            v[i] = second
            let deviation = Scalar.multiplyAdd(Scalar.squareRoot(second), factors.inverseRoot, factors.epsilon)
            w[i] = Scalar.multiplyAdd(factors.rate, first / deviation, w[i] * factors.shrink)
        }
    }
}

/// `optimizer: {adam: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0}}`
public struct AdamDescription: OptimizerDescription {
    public let kind = "adam"
    public let learningRate: Double
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double

    public init(
        learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0
    ) {
        require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "adam betas of \(beta1), \(beta2)")
        require(epsilon > 0 && epsilon.isFinite, "an adam epsilon of \(epsilon); it must be above 0")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        expectValid(weightDecay: weightDecay)
    }

    public func makeOptimizer<Scalar: TrainingScalar>(_ scalar: Scalar.Type) -> any Optimizer<Scalar> {
        Adam<Scalar>(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, isDecoupled: false)
    }
}
