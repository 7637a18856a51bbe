/// One thing that the checks run: a layer alone, the loss alone, or the whole network.
struct CheckedPart {
    let scope: CheckRow.Scope
    let layers: [NamedLayer]
    let inputShape: Shape
    let end: CheckedSetting.End
    let modes: [PassMode]

    /// The loss's name in the table where the loss is all there is.
    var lossName: String? {
        guard scope == .loss, case .loss(let description, let classes) = end else { return nil }
        return "\(description.kind) (\(classes ? "classes" : "values"))"
    }

    /// A setting for each mode and each magnitude of the inputs; whole numbers have no magnitude.
    func settings(batch: CheckedBatch, seed: UInt64) -> [CheckedSetting] {
        let magnitudes = layers.inputClasses == nil ? GradientCheck.magnitudes : [1]
        return modes.flatMap { mode in
            magnitudes.map { magnitude in
                CheckedSetting(
                    layers: layers, inputShape: inputShape, end: end, mode: mode, magnitude: magnitude,
                    layout: batch.layout, seed: seed)
            }
        }
    }
}
