/// A network whose layers do not fit together: a mistake of the configuration, found before anything is computed.
public struct ShapeError: Error, CustomStringConvertible, Sendable {
    /// The layer's name, e.g. `linear2`.
    public let layer: String
    /// What the layer takes, in words or as a shape.
    public let expected: String
    /// The shape of one sample that it was given.
    public let given: Shape

    public init(layer: String, expected: String, given: Shape) {
        self.layer = layer
        self.expected = expected
        self.given = given
    }

    public var description: String {
        "layer \(layer): expected an input of shape \(expected), given \(given)"
    }
}
