import Core
import Yams

extension ConfigurationReader {
    /// The most elements that a shape in a configuration may have.
    private static var maximumElements: Int { Int(Int32.max) }

    /// The extents of a tensor: at least one, and together no more elements than a tensor may have.
    mutating func shape(_ key: String) throws(ConfigurationError) -> Shape {
        let extents = try integers(key, in: 1...Self.maximumElements)
        guard let shape = Shape(countable: extents), shape.elementCount <= Self.maximumElements else {
            throw error(key, "must have at most \(Self.maximumElements) elements, and \(extents) has more")
        }
        return shape
    }

    /// An einsum of each sample, with a weight where the equation has two operands.
    mutating func einsum() throws(ConfigurationError) -> EinsumDescription {
        guard let node = node("equation") else { throw error("equation", "is missing; give one like \"tc,cd->td\"") }
        guard let text = node.scalar?.string else {
            throw error("equation", "expected an equation like \"tc,cd->td\", found \(Self.describe(node))")
        }
        let equation: EinsumEquation
        do {
            equation = try EinsumEquation(text)
        } catch {
            throw self.error("equation", error.description)
        }
        resolve("equation", Node(text))
        guard equation.operands.count == 2 else {
            guard self.node("weight") == nil else {
                throw error(
                    "weight", "the equation '\(text)' has one operand, which is the sample; a weight is a second one")
            }
            return EinsumDescription(equation)
        }
        return EinsumDescription(equation, weight: try shape("weight"), initializer: try initializer())
    }

    /// A learned tensor that is stretched to each sample.
    mutating func broadcast(_ operation: BroadcastOperation) throws(ConfigurationError) -> BroadcastDescription {
        BroadcastDescription(
            operation, shape: try shape("shape"),
            initializer: try initializer(default: .constant(operation.identity)))
    }
}
