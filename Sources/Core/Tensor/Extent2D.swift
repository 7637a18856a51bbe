/// A height and a width: of a kernel, a stride, a padding.
public struct Extent2D: Hashable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// The most that a layer's option may have, so that sums and products of a few of them are numbers.
    public static let limit = 65_535

    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// The same in both directions.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral both: Int) { self.init(both) }

    /// height · width.
    public var area: Int { height * width }

    public var description: String { "[\(height), \(width)]" }

    /// Whether both are in `range`.
    func isInside(_ range: ClosedRange<Int>) -> Bool { range.contains(height) && range.contains(width) }
}
