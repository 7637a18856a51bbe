/// C = Σ A·B over the labels that the result does not have, and the gradients of both operands.
///
/// An einsum's adjoint is an einsum of the same labels: the result's gradient and the other operand are multiplied, and what
/// this operand does not have is summed. So one lowering serves all three (`StridedContraction`): a label changes its place
/// among first operand, second and result, and that is all.
/// Everything is laid out, and the memory in between allocated, when this is made.
/// Derivation: Documentation/einsum.md.
public final class Einsum<Scalar: TrainingScalar> {
    public let shapes: EinsumShapes

    private let product: StridedContraction<Scalar>
    private let toLeft: StridedContraction<Scalar>
    private let toRight: StridedContraction<Scalar>?

    public init(_ shapes: EinsumShapes) {
        self.shapes = shapes
        let axes = shapes.axes
        let operands = shapes.right == nil ? 1 : 2
        product = StridedContraction(axes, operands: operands, targetCount: shapes.result.elementCount)
        toLeft = StridedContraction(
            axes.map { StridedAxis(extent: $0.extent, a: $0.c, b: $0.b, c: $0.a) }, operands: operands,
            targetCount: shapes.left.elementCount)
        toRight = shapes.right.map { right in
            StridedContraction(
                axes.map { StridedAxis(extent: $0.extent, a: $0.c, b: $0.a, c: $0.b) }, operands: 2,
                targetCount: right.elementCount)
        }
    }

    /// Computes C.
    ///
    /// Shapes: `A` is `shapes.left`, `B` is `shapes.right`, `C` is `shapes.result`, assigned.
    /// - Parameters:
    ///   - b: nil where there is one operand.
    ///   - reusesRight: B is that of the last call: what was copied of it is used again.
    /// - Precondition: 64 bytes behind the last element of A and B are readable, as for `StridedProduct`.
    /// - Complexity: no allocation.
    public func forward(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>? = nil, into c: UnsafeMutablePointer<Scalar>,
        reusesRight: Bool = false
    ) {
        expectOperands(b != nil)
        product.run(a, b ?? a, into: c, reusesRight: reusesRight)
    }

    /// Computes dA = Σ dC·B over the labels that A does not have. Labels that A alone has, and that were summed, get the same
    /// everywhere; off a diagonal dA is +0.
    ///
    /// Shapes: `dC` is `shapes.result`, `B` is `shapes.right`, `dA` is `shapes.left`, assigned unless `accumulates`.
    /// - Parameters:
    ///   - b: nil where there is one operand.
    ///   - accumulates: adds to what is there.
    ///   - reusesRight: B is that of the last call: what was copied of it is used again.
    /// - Precondition: 64 bytes behind the last element of dC and B are readable.
    /// - Complexity: no allocation.
    public func leftGradient(
        _ dC: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>? = nil, into dA: UnsafeMutablePointer<Scalar>,
        accumulates: Bool = false, reusesRight: Bool = false
    ) {
        expectOperands(b != nil)
        toLeft.run(dC, b ?? dC, into: dA, accumulates: accumulates, reusesRight: reusesRight)
    }

    /// Computes dB = Σ dC·A over the labels that B does not have. Labels that B alone has, and that were summed, get the same
    /// everywhere; off a diagonal dB is +0.
    ///
    /// Shapes: `dC` is `shapes.result`, `A` is `shapes.left`, `dB` is `shapes.right`, assigned unless `accumulates`.
    /// - Parameter accumulates: adds to what is there: the gradient over several results.
    /// - Precondition: there are two operands; 64 bytes behind the last element of dC and A are readable.
    /// - Complexity: no allocation.
    public func rightGradient(
        _ dC: UnsafePointer<Scalar>, _ a: UnsafePointer<Scalar>, into dB: UnsafeMutablePointer<Scalar>,
        accumulates: Bool = false
    ) {
        expectOperands(true)
        toRight?.run(dC, a, into: dB, accumulates: accumulates)
    }

    private func expectOperands(_ hasRight: Bool) {
        require(
            hasRight == (shapes.right != nil),
            "equation '\(shapes.equation)' takes \(shapes.equation.operands.count) operands, given \(hasRight ? 2 : 1)")
    }
}
