/// An equation that is none, or that does not fit the shapes it is used on.
public struct EinsumError: Error, CustomStringConvertible, Hashable, Sendable {
    /// As it was written.
    public let equation: String
    /// What is wrong, with the label and the shapes.
    public let message: String

    /// - Parameters:
    ///   - equation: as it was written.
    ///   - message: what is wrong, with the label and the shapes.
    public init(equation: String, message: String) {
        self.equation = equation
        self.message = message
    }

    public var description: String { "equation '\(equation)': \(message)" }
}
