/// An einsum's equation: `ij,jk->ik`. A letter names each axis of one or two operands; a letter that the result does not have
/// is summed over.
///
/// Without an arrow the result has the letters that occur once, in the order A…Z, a…z: numpy's rule. Spaces mean nothing.
/// A letter twice in an operand takes the diagonal.
public struct EinsumEquation: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    public let text: String
    /// The labels of each operand's axes, one or two operands.
    public let operands: [[Character]]
    /// The labels of the result's axes.
    public let result: [Character]

    /// - Throws: where the text is no equation, naming the letter or what else is wrong.
    public init(_ text: String) throws(EinsumError) {
        func error(_ message: String) -> EinsumError { EinsumError(equation: text, message: message) }
        let sides = text.filter { !$0.isWhitespace }.split(separator: "->", omittingEmptySubsequences: false)
        guard sides.count <= 2 else { throw error("there is one arrow at most, not \(sides.count - 1)") }
        let operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
        for label in operands.joined() + (sides.count > 1 ? Array(sides[1]) : []) {
            guard label.isASCII && label.isLetter else { throw error("'\(label)' is no label; labels are letters") }
        }
        guard operands.count <= 2 else { throw error("there are one or two operands, not \(operands.count)") }
        guard !operands.allSatisfy(\.isEmpty) else { throw error("no operand has a label") }
        let labels = operands.flatMap { $0 }
        let result = sides.count > 1 ? Array(sides[1]) : labels.filter { l in labels.count { $0 == l } == 1 }.sorted()
        for label in result {
            guard labels.contains(label) else { throw error("label '\(label)' of the result is in no operand") }
            guard result.count(where: { $0 == label }) == 1 else {
                throw error("label '\(label)' is in the result twice")
            }
        }
        self.text = text
        self.operands = operands
        self.result = result
    }

    /// Every label once, in the order in which the operands bring them.
    public var labels: [Character] {
        var seen: [Character] = []
        for label in operands.joined() where !seen.contains(label) { seen.append(label) }
        return seen
    }

    public var description: String { text }
}
