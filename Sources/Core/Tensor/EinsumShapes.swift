/// An equation on shapes that fit it.
///
/// A label has one extent. As in numpy, an axis of extent 1 is stretched to what the label is in the other operand.
public struct EinsumShapes: Sendable {
    public let equation: EinsumEquation
    public let left: Shape
    /// Nil where there is one operand.
    public let right: Shape?
    public let result: Shape
    /// For each label its extent, and how far apart its elements lie in the operands and the result.
    let axes: [StridedAxis]
    private let extents: [Character: Int]

    /// - Throws: naming the equation, the label and both shapes, where they do not fit.
    public init(_ equation: EinsumEquation, _ left: Shape, _ right: Shape? = nil) throws(EinsumError) {
        let shapes = [left] + (right.map { [$0] } ?? [])
        let extents = try Self.extents(equation, shapes)
        guard let result = Shape(countable: equation.result.map { extents[$0]! }) else {
            throw EinsumError(
                equation: equation.text,
                message: "the result of \(Self.list(shapes)) has more elements than can be counted")
        }
        self.equation = equation
        self.left = left
        self.right = right
        self.result = result
        self.extents = extents
        let operands = zip(equation.operands, shapes).map { labels, shape in Self.strides(labels, shape) }
        let whole = Self.strides(equation.result, result)
        axes = equation.labels.map { label in
            StridedAxis(
                extent: extents[label]!, a: operands[0][label] ?? 0, b: operands.dropFirst().first?[label] ?? 0,
                c: whole[label] ?? 0)
        }
    }

    /// What a label is in this equation.
    public func extent(_ label: Character) -> Int {
        guard let extent = extents[label] else { fatalError("equation '\(equation)' has no label '\(label)'") }
        return extent
    }

    private static func extents(
        _ equation: EinsumEquation, _ shapes: [Shape]
    ) throws(EinsumError) -> [Character: Int] {
        func error(_ message: String) -> EinsumError { EinsumError(equation: equation.text, message: message) }
        guard equation.operands.count == shapes.count else {
            throw error("it takes \(equation.operands.count) operands, given \(list(shapes))")
        }
        /// For each label the extent, and the operand that it is from.
        var found: [Character: (extent: Int, operand: Int)] = [:]
        for (operand, labels) in equation.operands.enumerated() {
            let shape = shapes[operand]
            guard labels.count == shape.rank else {
                throw error(
                    "'\(String(labels))' is a label for each of \(labels.count) axes, and \(shape) has \(shape.rank) "
                        + "(operand \(operand + 1) of \(list(shapes)))")
            }
            for (label, extent) in zip(labels, shape.dimensions) {
                guard let known = found[label] else {
                    found[label] = (extent, operand)
                    continue
                }
                // Within an operand a label stands for a diagonal, and nothing is stretched.
                let isStretched = known.operand != operand && (extent == 1 || known.extent == 1)
                guard known.extent == extent || isStretched else {
                    throw error(
                        "label '\(label)' is \(known.extent) in \(shapes[known.operand]) and \(extent) in \(shape)")
                }
                if extent > known.extent { found[label] = (extent, operand) }
            }
        }
        return found.mapValues(\.extent)
    }

    /// For each label how far apart its elements lie: along several axes at once if it is on several. An extent of 1 stays
    /// where it is, whatever the label is elsewhere.
    private static func strides(_ labels: [Character], _ shape: Shape) -> [Character: Int] {
        var strides: [Character: Int] = [:]
        for (axis, stride) in StridedAxis.rowMajorStrides(shape.dimensions).enumerated()
        where shape.dimensions[axis] > 1 { strides[labels[axis], default: 0] += stride }
        return strides
    }

    private static func list(_ shapes: [Shape]) -> String { shapes.map(\.description).joined(separator: " and ") }
}
