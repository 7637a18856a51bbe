/// What a checked pass is built from, the same for every scalar type.
struct CheckedSetting {
    /// How the last layer's output becomes the terms of L.
    enum End {
        /// Σ R·Y with random weights R, for layers alone: the output gradient is R.
        case weighting
        /// The mean loss against random classes, or against random values.
        case loss(any LossDescription, classes: Bool)
    }

    let layers: [NamedLayer]
    let inputShape: Shape
    let end: End
    let mode: PassMode
    /// The standard deviation of the inputs.
    let magnitude: Double
    /// The rows, and the shards and roots that they are cut into; at least one row.
    let layout: ShardLayout
    let seed: UInt64
}
