/// Y = max(X, 0), element by element. A NaN stays one.
///
/// Derivation: Documentation/relu.md.
public final class ReLU<Scalar: TrainingScalar>: PiecewiseLayer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }

    /// Y is at most 0 where X is: dX needs no more, so X may be written over.
    public var worksInPlace: Bool { true }

    /// Y of the last forward pass, for dX.
    private var output: TensorView<Scalar>?

    fileprivate init(name: String, inputShape: Shape) {
        self.name = name
        self.inputShape = inputShape
    }

    public func prepare(limits: PassLimits) {}

    /// Y = X where X > 0, else +0.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.output = output
        rectify(input.base, into: output.base, count: input.count)
    }

    /// dX = dY where X > 0, else +0: at the kink itself the derivative is taken as 0.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let output else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        gate(outputGradient.base, by: output.base, into: inputGradient.base, count: inputGradient.count)
    }

    public func notePieces(in signature: inout PieceSignature) {
        guard let output else { fatalError("layer \(name): no forward pass yet") }
        for i in 0..<output.count { signature.note(output.base[i] <= .zero) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func rectify(_ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int) {
        let zero = Scalar.zero
        Elementwise.map(x, into: y, count: count) { $0 <= zero ? zero : $0 }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func gate(
        _ dY: UnsafePointer<Scalar>, by y: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        let zero = Scalar.zero
        for i in 0..<count { dX[i] = y[i] <= zero ? zero : dY[i] }
    }
}

/// `relu`
public struct ReLUDescription: LayerDescription {
    public let kind = "relu"

    public init() {}

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        ReLU(name: name, inputShape: inputShape)
    }
}
