/// What a record is of, where a global batch is taken in several passes (`accumulationSteps`); with one pass both are the same.
public enum BatchScope: Sendable {
    /// The rows of this pass over all ranks: what batchnorm normalises by.
    case pass
    /// The rows of all passes: what a loss reports. Complete after the batch's last pass; before it, of no use.
    case batch
}
