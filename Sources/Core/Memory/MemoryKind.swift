/// What memory is for.
public enum MemoryKind: String, Sendable, CaseIterable {
    /// Trained values and running statistics.
    case parameters
    /// One gradient of all parameters a root.
    case gradients
    /// The optimiser's slots, of the owned slice.
    case optimizerState = "optimizer state"
    /// The outputs of all layers, and what their backward passes keep of the forward pass.
    case activations
    /// The gradients of the loss with respect to them.
    case activationGradients = "activation gradients"
    /// What layers and loss work in beside these.
    case workspace
    /// What comes in from other ranks.
    case reduction
    /// The copy of the state that checkpoints are written from, and what histograms are counted in.
    case files
    /// All samples and targets.
    case dataset
    /// Everything else: batches, orders of samples, norms, drift checks.
    case other
}
