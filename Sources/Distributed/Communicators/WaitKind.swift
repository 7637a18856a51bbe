/// What a rank waits for.
public enum WaitKind: Int, Sendable, CaseIterable {
    /// The other ranks' gradients.
    case gradients
    /// The values that the other ranks have updated.
    case parameters
    /// Batchnorm's sums over the batch.
    case batchStatistics
    /// The sum of the losses, where it is taken by itself: in evaluation, and in a batch's passes before the last.
    case loss
    /// Sums over the parameters: the gradient's norm, and with it the losses' sum; drift checks.
    case norms
    /// That all have come: only where measuring asks for it.
    case arrival
    /// Everything that nobody gave a name: agreements, what is written and read.
    case other

    /// Whether so much is moved that the time is that of moving it; else it is that of waiting.
    public var movesMuch: Bool { self == .gradients || self == .parameters }

    /// In words, e.g. `batch statistics`.
    public var name: String {
        switch self {
        case .batchStatistics: "batch statistics"
        default: "\(self)"
        }
    }
}
