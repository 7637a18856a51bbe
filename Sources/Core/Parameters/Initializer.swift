/// How a parameter gets its first values. Element i's random numbers depend on (seed, parameter, i) alone.
public enum Initializer: Sendable, Hashable {
    /// N(0, 2 / fan-in). Source: He et al., "Delving deep into rectifiers" (2015), eq. 10.
    case he
    /// Uniform in ±√(6 / (fan-in + fan-out)). Source: Glorot & Bengio, "Understanding the difficulty…" (2010), eq. 16.
    case glorot
    /// N(0, `standardDeviation`²).
    case normal(standardDeviation: Double)
    /// Uniform in ±`limit`.
    case uniform(limit: Double)
    /// The same value everywhere.
    case constant(Double)
    /// As many equal parts as there are values, one after the other, each constant: the biases of a recurrent layer's gates.
    case parts([Double])

    /// Whether nothing in it is random.
    var isConstant: Bool {
        switch self {
        case .constant, .parts: true
        case .he, .glorot, .normal, .uniform: false
        }
    }
}
