/// What a check is of.
public enum CheckSubject: Sendable {
    /// Every layer alone, the loss alone (against classes and against values), and all of it together.
    case network([NamedLayer], inputShape: Shape, loss: any LossDescription)
    /// One layer alone.
    case layer(NamedLayer, inputShape: Shape)
    /// A loss alone, on predictions of a shape.
    case loss(any LossDescription, outputShape: Shape, classes: Bool)

    /// What the checks run, one after the other.
    func parts() throws(ShapeError) -> [CheckedPart] {
        switch self {
        case .network(let layers, let inputShape, let loss):
            require(!layers.isEmpty, "a check of no layers")
            // The network is built for its shapes.
            let network = try Network<Double>(layers, inputShape: inputShape)
            return zip(layers, network.layers).map { Self.alone($0, inputShape: $1.inputShape) }
                + [true, false].map { Self.alone(loss, outputShape: network.outputShape, classes: $0) }
                + [
                    CheckedPart(
                        scope: .network, layers: layers, inputShape: inputShape, end: .loss(loss, classes: true),
                        modes: [.training, .inference])
                ]
        case .layer(let layer, let inputShape): return [Self.alone(layer, inputShape: inputShape)]
        case .loss(let loss, let outputShape, let classes):
            return [Self.alone(loss, outputShape: outputShape, classes: classes)]
        }
    }

    private static func alone(_ layer: NamedLayer, inputShape: Shape) -> CheckedPart {
        CheckedPart(
            scope: .layer, layers: [layer], inputShape: inputShape, end: .weighting, modes: [.training, .inference])
    }

    private static func alone(_ loss: any LossDescription, outputShape: Shape, classes: Bool) -> CheckedPart {
        // Dropout that drops nothing is the identity: its input is the loss's.
        let identity = NamedLayer(name: loss.kind, description: DropoutDescription(rate: 0))
        return CheckedPart(
            scope: .loss, layers: [identity], inputShape: outputShape, end: .loss(loss, classes: classes),
            modes: [.training])
    }
}
