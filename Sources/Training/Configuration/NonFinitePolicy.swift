/// What happens when a step's loss, gradient or running statistics are no numbers.
public enum NonFinitePolicy: Sendable, Hashable {
    /// The run ends; its last checkpoint stays.
    case stop
    /// The step is left out; as many in a row as `consecutive` end the run.
    case skip(consecutive: Int)
    /// The run goes back to its last checkpoint and on at `factor` times the learning rate, at most `maximum` times.
    case rollback(factor: Double, maximum: Int)
}
