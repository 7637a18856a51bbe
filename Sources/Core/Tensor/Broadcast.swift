/// Two shapes of which each may be stretched to the other: aligned at the last axis, an extent of 1, or none, stands for any.
///
/// The loops are laid out once. Every method takes whole tensors, row-major, and allocates nothing.
/// Derivation of the adjoints: Documentation/broadcasting.md.
public struct Broadcast: Sendable {
    /// One of the two operands.
    public enum Operand: Sendable {
        case left, right
    }

    public let left: Shape
    public let right: Shape
    /// The shape that both are stretched to.
    public let result: Shape

    private let forward: StridedLoops
    /// From the result to an operand: alone, and along with the other operand.
    private let toLeft: (alone: StridedLoops, withOther: StridedLoops)
    private let toRight: (alone: StridedLoops, withOther: StridedLoops)

    /// - Throws: where an axis has two extents and neither is 1, or where the result has more elements than can be counted.
    public init(_ left: Shape, _ right: Shape) throws(BroadcastError) {
        let rank = max(left.rank, right.rank)
        let extents = [left, right].map { shape in
            [Int](repeating: 1, count: rank - shape.rank) + shape.dimensions
        }
        var dimensions: [Int] = []
        for (l, r) in zip(extents[0], extents[1]) {
            guard l == r || l == 1 || r == 1 else {
                throw BroadcastError(
                    left, right,
                    message: "aligned at the last axis, \(l) meets \(r); they must be equal, or one of them 1")
            }
            dimensions.append(max(l, r))
        }
        guard let result = Shape(countable: dimensions) else {
            throw BroadcastError(left, right, message: "the result has more elements than can be counted")
        }
        self.left = left
        self.right = right
        self.result = result

        let strides = extents.map { extents in
            zip(extents, StridedAxis.rowMajorStrides(extents)).map { $0 == 1 ? 0 : $1 }
        }
        let whole = StridedAxis.rowMajorStrides(dimensions)
        /// Loops from tensors with the strides `a` and `b` to one with the strides `c` of `shape`.
        func loops(_ a: [Int], _ b: [Int]?, _ c: [Int], to shape: Shape) -> StridedLoops {
            StridedLoops(
                dimensions.indices.map { StridedAxis(extent: dimensions[$0], a: a[$0], b: b?[$0] ?? 0, c: c[$0]) },
                targetCount: shape.elementCount)
        }
        forward = loops(strides[0], strides[1], whole, to: result)
        toLeft = (loops(whole, nil, strides[0], to: left), loops(whole, strides[1], strides[0], to: left))
        toRight = (loops(whole, nil, strides[1], to: right), loops(whole, strides[0], strides[1], to: right))
    }

    /// Computes C = A + B.
    ///
    /// Shapes: `A` is `left`, `B` is `right`, `C` is `result`, assigned.
    /// - Complexity: no allocation.
    public func add<Scalar: TrainingScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into c: UnsafeMutablePointer<Scalar>
    ) {
        forward.run(.sum, a, b, into: c)
    }

    /// Computes C = A · B, element by element.
    ///
    /// Shapes: `A` is `left`, `B` is `right`, `C` is `result`, assigned.
    /// - Complexity: no allocation.
    public func multiply<Scalar: TrainingScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into c: UnsafeMutablePointer<Scalar>
    ) {
        forward.run(.product, a, b, into: c)
    }

    /// Computes the gradient of an operand of a sum: dC summed over everything that the operand was stretched along.
    ///
    /// Shapes: `dC` is `result`; the sums are as `operand` is, assigned unless `accumulates`.
    /// - Parameter accumulates: adds to what is there: the gradient over several results.
    /// - Complexity: no allocation.
    public func sum<Scalar: TrainingScalar>(
        _ dC: UnsafePointer<Scalar>, backTo operand: Operand, into gradient: UnsafeMutablePointer<Scalar>,
        accumulates: Bool = false
    ) {
        let loops = operand == .left ? toLeft.alone : toRight.alone
        loops.run(.copy, dC, dC, into: gradient, accumulates: accumulates)
    }

    /// Computes the gradient of an operand of a product: dC times the other operand, summed over everything that this one was
    /// stretched along.
    ///
    /// Shapes: `dC` is `result`; the sums are as `operand` is, assigned unless `accumulates`.
    /// - Parameters:
    ///   - other: the operand that is not `operand`.
    ///   - accumulates: adds to what is there: the gradient over several results.
    /// - Complexity: no allocation.
    public func sumProduct<Scalar: TrainingScalar>(
        _ dC: UnsafePointer<Scalar>, _ other: UnsafePointer<Scalar>, backTo operand: Operand,
        into gradient: UnsafeMutablePointer<Scalar>, accumulates: Bool = false
    ) {
        let loops = operand == .left ? toLeft.withOther : toRight.withOther
        loops.run(.product, dC, other, into: gradient, accumulates: accumulates)
    }
}
