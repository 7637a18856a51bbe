import Core

/// The bytes that a pass through a layer has to read and write at least, in single precision: none for the identity, which a chain
/// leaves out.
public enum LayerTraffic {
    private static let bytes = MemoryLayout<Float>.stride

    /// X and the parameters in, Y out.
    public static func forward(_ layer: any Layer<Float>, rows: Int, arena: ParameterArena<Float>) -> Int {
        guard !layer.isIdentity else { return 0 }
        if let container = layer as? any ContainerLayer<Float> {
            // What is added, and the sum.
            let chains = container.chains.count
            return chains > 1 ? bytes * rows * (chains + 1) * layer.outputShape.elementCount : 0
        }
        return bytes
            * (rows * (layer.inputShape.elementCount + layer.outputShape.elementCount) + parameters(layer, arena))
    }

    /// dY and what else the derivative depends on in, dX out; for dX the parameters in, and a gradient of them out a root.
    public static func backward(
        _ layer: any Layer<Float>, rows: Int, hasInputGradient: Bool, roots: Int, arena: ParameterArena<Float>
    ) -> Int {
        guard !layer.isIdentity else { return 0 }
        let inputs = hasInputGradient ? layer.inputShape.elementCount : 0
        if let container = layer as? any ContainerLayer<Float> {
            let chains = container.chains.count
            return chains > 1 ? bytes * rows * (chains + 1) * inputs : 0
        }
        let parameters = parameters(layer, arena)
        return bytes
            * (rows * (layer.outputShape.elementCount + layer.backwardOperandCount + inputs)
                + (hasInputGradient ? parameters : 0) + roots * parameters)
    }

    private static func parameters(_ layer: any Layer<Float>, _ arena: ParameterArena<Float>) -> Int {
        arena.parameters.filter { $0.name.hasPrefix(layer.name + "/") }.map(\.count).reduce(0, +)
    }
}
