/// How an allreduce of integers joins the ranks' values. Order does not matter to any of them.
public enum IntegerReduction: Sendable, Hashable {
    /// Modulo 2⁶⁴.
    case sum
    case minimum
    case maximum
}
