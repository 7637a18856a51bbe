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

    /// Every layer alone, the loss alone, all together.
    static func parts(
        of layers: [NamedLayer], inputShape: Shape, loss: any LossDescription
    ) throws(ShapeError) -> [CheckedPart] {
        // The network is built for its shapes.
        let network = try Network<Double>(layers, inputShape: inputShape)
        var parts = zip(layers, network.layers).map { named, layer in
            CheckedPart(
                scope: .layer, layers: [named], inputShape: layer.inputShape, end: .weighting,
                modes: [.training, .inference])
        }
        // Dropout that drops nothing is the identity: its input is the loss's.
        let identity = NamedLayer(name: loss.kind, description: DropoutDescription(rate: 0))
        for classes in [true, false] {
            parts.append(
                CheckedPart(
                    scope: .loss, layers: [identity], inputShape: network.outputShape,
                    end: .loss(loss, classes: classes), modes: [.training]))
        }
        parts.append(
            CheckedPart(
                scope: .network, layers: layers, inputShape: inputShape, end: .loss(loss, classes: true),
                modes: [.training, .inference]))
        return parts
    }

    func setting(mode: PassMode, magnitude: Double, seed: UInt64) -> CheckedSetting {
        CheckedSetting(
            layers: layers, inputShape: inputShape, end: end, mode: mode, magnitude: magnitude, seed: seed)
    }
}
