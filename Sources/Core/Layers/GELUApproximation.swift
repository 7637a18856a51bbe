/// Which of the two functions that are called GELU is meant.
public enum GELUApproximation: String, CaseIterable, Sendable {
    /// X·Φ(X), Φ the normal distribution function.
    case none
    /// GPT-2's: tanh in Φ's place. They differ by at most 5·10⁻⁴.
    case tanh
}
