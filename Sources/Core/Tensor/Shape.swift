/// The extents of one sample, or of one parameter: `[784]`, `[28, 28]`, `[in, out]`.
///
/// The batch dimension N is never part of a sample's shape; a `TensorView` carries it as `rows`.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// The extents, outermost first; every extent is at least 1, and a scalar has none.
    public let dimensions: [Int]
    /// The product of the extents; 1 for a scalar, and never more than `limit`: no tensor is as large, and sums and products of
    /// such counts do not overflow.
    public let elementCount: Int

    /// What no tensor's elements come to: 2⁴⁰.
    public static let limit = 1 << 40

    public init(_ dimensions: [Int]) {
        require(dimensions.allSatisfy { $0 > 0 }, "a shape's extents must be positive, not \(dimensions)")
        self.dimensions = dimensions
        elementCount = dimensions.reduce(1) { count, extent in
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            return overflows ? Self.limit : min(product, Self.limit)
        }
    }

    /// A shape of extents that nobody has checked; nil where one is not positive, or where together they are more elements than
    /// can be counted.
    public init?(countable dimensions: [Int]) {
        var count = 1
        for extent in dimensions {
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflows else { return nil }
            count = product
        }
        self.init(dimensions)
    }

    public init(arrayLiteral elements: Int...) {
        self.init(elements)
    }

    /// The number of dimensions.
    public var rank: Int { dimensions.count }

    /// The innermost extent; 1 for a scalar.
    public var last: Int { dimensions.last ?? 1 }

    /// The rows along the last axis: the extents before it multiplied, 1 where there are none.
    public var rowCount: Int { elementCount / last }

    public var description: String {
        "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
    }
}
