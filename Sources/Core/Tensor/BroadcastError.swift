/// Two shapes that cannot be broadcast against each other.
public struct BroadcastError: Error, CustomStringConvertible, Hashable, Sendable {
    public let left: Shape
    public let right: Shape
    /// What keeps them from it.
    public let message: String

    /// - Parameters:
    ///   - left: the first operand's shape.
    ///   - right: the second's.
    ///   - message: what keeps them from it.
    public init(_ left: Shape, _ right: Shape, message: String) {
        self.left = left
        self.right = right
        self.message = message
    }

    public var description: String { "\(left) and \(right) do not broadcast: \(message)" }
}
