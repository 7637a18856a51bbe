/// A network whose layers do not fit together: a mistake of the configuration, found before anything is computed.
public struct ShapeError: Error, CustomStringConvertible, Sendable {
    /// The layer's name, e.g. `linear2`.
    public let layer: String
    /// What does not fit, with both shapes.
    public let message: String

    /// - Parameter message: what does not fit, with both shapes.
    public init(layer: String, message: String) {
        self.layer = layer
        self.message = message
    }

    /// An input that the layer does not take.
    ///
    /// - Parameters:
    ///   - expected: what the layer takes, in words or as a shape.
    ///   - given: the shape of one sample that it was given.
    public init(layer: String, expected: String, given: Shape) {
        self.init(layer: layer, message: "expected an input of shape \(expected), given \(given)")
    }

    public var description: String { "layer \(layer): \(message)" }
}
