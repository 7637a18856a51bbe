/// Keeps a step from being thrown off by one large gradient.
///
/// The norm is over all parameters, so it is known only after the whole reduction: ask `needsNorm` before leaving out the
/// exchange.
public enum GradientClipping: Sendable, Hashable {
    case none
    /// Scales the whole gradient down to this Euclidean norm where it is larger.
    case norm(Double)
    /// Limits every element to ± this value.
    case value(Double)

    /// Whether `coefficient` depends on the norm.
    public var needsNorm: Bool {
        if case .norm = self { true } else { false }
    }

    /// What the gradient is multiplied by: min(1, limit / (norm + 10⁻⁶)), as in PyTorch's `clip_grad_norm_`; 1 unless
    /// clipping by norm. A NaN norm gives NaN.
    public func coefficient(norm: Double) -> Double {
        guard case .norm(let limit) = self else { return 1 }
        let ratio = limit / (norm + 1e-6)
        return ratio > 1 ? 1 : ratio
    }

    /// Clips `count` gradients in place; element i of the result depends on element i and `coefficient` alone.
    ///
    /// - Parameter coefficient: from `coefficient(norm:)` of the whole gradient.
    /// - Returns: whether anything changed.
    /// - Complexity: no allocation.
    @discardableResult
    public func apply<Scalar: TrainingScalar>(
        to gradients: UnsafeMutablePointer<Scalar>, count: Int, coefficient: Double
    ) -> Bool {
        switch self {
        case .none:
            return false
        case .norm:
            guard coefficient != 1 else { return false }
            Self.scale(gradients, count: count, by: Scalar(coefficient))
            return true
        case .value(let limit):
            return Self.clamp(gradients, count: count, to: Scalar(limit))
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func scale<Scalar: TrainingScalar>(
        _ gradients: UnsafeMutablePointer<Scalar>, count: Int, by factor: Scalar
    ) {
        for i in 0..<count { gradients[i] = gradients[i] * factor }
    }

    /// A NaN stays one.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func clamp<Scalar: TrainingScalar>(
        _ gradients: UnsafeMutablePointer<Scalar>, count: Int, to limit: Scalar
    ) -> Bool {
        var clipped = 0
        let lowest = -limit
        for i in 0..<count {
            let gradient = gradients[i]
            let bounded = gradient > limit ? limit : (gradient < lowest ? lowest : gradient)
            gradients[i] = bounded
            clipped |= gradient > limit || gradient < lowest ? 1 : 0
        }
        return clipped != 0
    }

    /// The Euclidean norm of the whole gradient.
    ///
    /// - Parameter parameterSums: the sum of squares of each parameter, from `ParameterBlocks.perParameter`; joined along the
    ///   tree over the parameters.
    public static func norm(parameterSums: UnsafePointer<Double>, count: Int) -> Double {
        count == 0 ? 0 : ParameterBlocks.treeSum(parameterSums, 0..<count).squareRoot()
    }
}
