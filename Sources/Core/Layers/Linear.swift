/// Y = X·W + b along the last axis: every output is a weighted sum of every input. The same weight serves all steps of a
/// sequence and all places of an image.
///
/// Derivation: Documentation/linear.md.
public final class Linear<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    private let product: MatrixProduct<Scalar>
    private let projection: Projection<Scalar>

    /// X of the last forward pass, for dW.
    private var input: TensorView<Scalar>?

    fileprivate init(
        name: String, inputShape: Shape, outputs: Int, initializer: Initializer, hasBias: Bool,
        backend: ProductBackend, arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.inputShape = inputShape
        outputShape = Shape(inputShape.dimensions.dropLast() + [outputs])
        product = MatrixProduct(
            inputs: inputShape.last, outputs: outputs, rowsPerSample: inputShape.rowCount, backend: backend)
        projection = Projection(
            prefix: "\(name)/", product: product, initializer: initializer, hasBias: hasBias, arena: arena)
    }

    public func prepare(limits: PassLimits) {
        product.prepare(limits: limits)
        projection.prepare(limits: limits)
    }

    /// Y[r, o] = b[o] + Σᵢ X[r, i]·W[i, o], r over the rows of all samples.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.input = input
        projection.forward(input.base, rows: input.rows * product.rowsPerSample, into: output.base)
    }

    /// dX[r, i] = Σₒ dY[r, o]·W[i, o];  dW[i, o] = Σᵣ X[r, i]·dY[r, o];  db[o] = Σᵣ dY[r, o].
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input else { fatalError("layer \(name): backward before forward") }
        projection.parameterGradients(input.base, outputGradient.base, context: context)
        guard let inputGradient else { return }
        projection.inputGradient(
            outputGradient.base, rows: outputGradient.rows * product.rowsPerSample, into: inputGradient.base)
    }
}

/// `{linear: {outputs: 256, initializer: he, bias: true}}`
public struct LinearDescription: LayerDescription {
    public let kind = "linear"
    public let outputs: Int
    public let initializer: Initializer
    public let hasBias: Bool
    public let backend: ProductBackend

    public init(
        outputs: Int, initializer: Initializer = .glorot, hasBias: Bool = true, backend: ProductBackend = .native
    ) {
        require(outputs > 0, "a linear layer of \(outputs) outputs")
        self.outputs = outputs
        self.initializer = initializer
        self.hasBias = hasBias
        self.backend = backend
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank > 0 else {
            throw ShapeError(layer: name, expected: "[…, features]", given: inputShape)
        }
        return Linear(
            name: name, inputShape: inputShape, outputs: outputs, initializer: initializer, hasBias: hasBias,
            backend: backend, arena: arena)
    }
}
