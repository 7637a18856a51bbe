import Core
import Yams

extension ConfigurationReader {
    /// A height and a width in `range`: one number for both, or `[height, width]`.
    mutating func extent(
        _ key: String, default fallback: Extent2D, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Extent2D {
        let extent = try node(key).map { node throws(ConfigurationError) in
            try self.extent(node, key, in: range, or: "")
        }
        resolve(key, Self.node(extent ?? fallback))
        return extent ?? fallback
    }

    /// A convolution's padding: an extent, or `same`, with which the output is as large as the input.
    mutating func padding(kernel: Extent2D, stride: Extent2D) throws(ConfigurationError) -> Extent2D {
        let key = "padding"
        let node = node(key) ?? Node("0")
        guard node.scalar?.string == "same" else {
            let padding = try extent(node, key, in: 0...Extent2D.limit, or: ", or same")
            resolve(key, Self.node(padding))
            return padding
        }
        guard stride == 1 else {
            throw error(
                key, "same needs a stride of 1, not \(Self.words(stride)); give the zeros on each side as a number")
        }
        guard kernel.height % 2 == 1 && kernel.width % 2 == 1 else {
            throw error(
                key,
                "same needs an odd kernel, not \(Self.words(kernel)): an even one would need more zeros on one side than on "
                    + "the other")
        }
        resolve(key, node)
        return Extent2D(height: kernel.height / 2, width: kernel.width / 2)
    }

    /// - Parameter choice: what else `key` takes, for the message.
    private func extent(
        _ node: Node, _ key: String, in range: ClosedRange<Int>, or choice: String
    ) throws(ConfigurationError) -> Extent2D {
        func number(_ entry: Node) throws(ConfigurationError) -> Int {
            guard let text = entry.scalar?.string, let number = Int(text.replacing("_", with: "")) else {
                throw error(key, "expected a whole number or [height, width]\(choice), found \(Self.describe(entry))")
            }
            guard range.contains(number) else {
                throw error(key, "must be from \(range.lowerBound) to \(range.upperBound), not \(number)")
            }
            return number
        }
        guard let entries = node.sequence, entries.count == 2 else { return Extent2D(try number(node)) }
        return Extent2D(height: try number(entries[0]), width: try number(entries[1]))
    }

    private static func words(_ extent: Extent2D) -> String {
        extent.height == extent.width ? "\(extent.height)" : "\(extent)"
    }

    private static func node(_ extent: Extent2D) -> Node {
        extent.height == extent.width
            ? Node(String(extent.height)) : Node([Node(String(extent.height)), Node(String(extent.width))])
    }
}
