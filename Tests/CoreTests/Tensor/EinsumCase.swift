import Core

/// An equation with shapes that fit it, drawn at random: one or two operands of up to three axes of four labels, whose extents
/// are 1, odd, or more than a vector holds.
struct EinsumCase: CustomStringConvertible {
    let equation: String
    let left: Shape
    let right: Shape?

    init(_ random: inout SplitMix) {
        let labels: [Character] = ["a", "b", "c", "D"]
        let extents = labels.map { _ in [1, 2, 3, 5, 7, 17].randomElement(using: &random)! }
        func once(in n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
        func axes(_ counts: ClosedRange<Int>) -> [Int] {
            (0..<Int.random(in: counts, using: &random)).map { _ in labels.indices.randomElement(using: &random)! }
        }
        let operands = once(in: 5) ? [axes(1...3)] : [axes(1...3), axes(0...3)]
        let kept = labels.indices.filter { axis in operands.joined().contains(axis) && once(in: 2) }
        func text(_ axes: [Int]) -> String { String(axes.map { labels[$0] }) }
        equation = operands.map(text).joined(separator: ",") + "->" + text(kept.shuffled(using: &random))
        left = Shape(operands[0].map { extents[$0] })
        right = operands.dropFirst().first.map { operand in
            // Now and then an axis has extent 1 where the first operand has more.
            let isShort = operand.map { axis in once(in: 6) && operand.count { $0 == axis } == 1 }
            return Shape(zip(operand, isShort).map { $1 && operands[0].contains($0) ? 1 : extents[$0] })
        }
    }

    var description: String { "\(equation) on \(left)" + (right.map { " and \($0)" } ?? "") }
}
