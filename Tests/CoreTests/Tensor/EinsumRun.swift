import Core

/// An einsum with its memory, driven with arrays.
struct EinsumRun<Scalar: TrainingScalar> {
    let einsum: Einsum<Scalar>

    init(_ equation: String, _ left: Shape, _ right: Shape? = nil) throws {
        einsum = Einsum(try EinsumShapes(EinsumEquation(equation), left, right))
    }

    init(_ shapes: EinsumShapes) { einsum = Einsum(shapes) }

    private static func buffer(_ values: [Double]) -> AlignedBuffer<Scalar> {
        let buffer = AlignedBuffer<Scalar>(count: values.count)
        for (i, value) in values.enumerated() { buffer[i] = Scalar(value) }
        return buffer
    }

    /// Runs `body` on memory that holds `start` everywhere.
    private static func result(
        of shape: Shape, startingAt start: Double, _ body: (UnsafeMutablePointer<Scalar>) -> Void
    ) -> [Double] {
        let memory = buffer([Double](repeating: start, count: shape.elementCount))
        body(memory.base)
        return memory.elements.map(\.real)
    }

    func forward(_ a: [Double], _ b: [Double]? = nil) -> [Double] {
        let (a, b) = (Self.buffer(a), b.map(Self.buffer))
        return Self.result(of: einsum.shapes.result, startingAt: .nan) {
            einsum.forward(a.base, b.map { UnsafePointer($0.base) }, into: $0)
        }
    }

    /// - Parameter start: what the gradient is added to; nil where it is assigned.
    func leftGradient(_ dC: [Double], _ b: [Double]? = nil, addedTo start: Double? = nil) -> [Double] {
        let (dC, b) = (Self.buffer(dC), b.map(Self.buffer))
        return Self.result(of: einsum.shapes.left, startingAt: start ?? .nan) {
            einsum.leftGradient(
                dC.base, b.map { UnsafePointer($0.base) }, into: $0, accumulates: start != nil)
        }
    }

    /// - Parameter start: what the gradient is added to; nil where it is assigned.
    func rightGradient(_ dC: [Double], _ a: [Double], addedTo start: Double? = nil) -> [Double] {
        let (dC, a) = (Self.buffer(dC), Self.buffer(a))
        return Self.result(of: einsum.shapes.right!, startingAt: start ?? .nan) {
            einsum.rightGradient(dC.base, a.base, into: $0, accumulates: start != nil)
        }
    }
}
