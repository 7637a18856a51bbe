/// Y[i, j] = b + Σ X̄[i·stride + p, j·stride + q]·W[p, q], over an image and its padding of zeros X̄: every place of the output is the
/// same weighted sum of the window that it sees.
///
/// Derivation: Documentation/convolution.md.
/// Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition" (1989).
public final class Convolution2D<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    private let arena: ParameterArena<Scalar>
    private let weight: ParameterID
    private let bias: ParameterID?
    private let shape: ConvolutionShape
    private let kernel: any ConvolutionKernel<Scalar>

    /// X of the last forward pass, for dW.
    private var input: TensorView<Scalar>?
    private var weightSums: ShardAccumulator<Scalar>?
    private var biasSums: ShardAccumulator<Scalar>?

    fileprivate init(
        name: String, shape: ConvolutionShape, initializer: Initializer, hasBias: Bool, backend: ProductBackend,
        arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.shape = shape
        inputShape = shape.image
        outputShape = [shape.places.height, shape.places.width, shape.outputs]
        self.arena = arena
        let (inputs, outputs) = (shape.inputs, shape.outputs)
        // Of one sample: its rows are the places of the output.
        let product = MatrixProduct<Scalar>(
            inputs: inputs, outputs: outputs, rowsPerSample: shape.places.area, backend: backend)
        kernel = Scalar.makeConvolutionKernel(shape, product: product)
        weight = arena.declare(
            "\(name)/weight", shape: [inputs, outputs], initializer: initializer, fanIn: inputs,
            fanOut: shape.window.kernel.area * outputs, layout: product.weightLayout,
            product: product.shape(.convolution(shape)), decays: true)
        bias =
            hasBias
            ? arena.declare("\(name)/bias", shape: [outputs], initializer: .constant(0), decays: false) : nil
    }

    public func prepare(limits: PassLimits) {
        kernel.prepare()
        weightSums = ShardAccumulator(length: shape.inputs * shape.outputs, merge: .sum, shardCount: limits.shards)
        biasSums = ShardAccumulator(length: shape.outputs, merge: .sum, shardCount: limits.shards)
    }

    /// Y[n, r, o] = b[o] + Σₖ A[n, r, k]·W[k, o], A[n, r, k] element k of the window at place r of sample n.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        self.input = input
        kernel.forward(
            input.base, samples: input.rows, weight: arena.values(weight),
            bias: bias.map { UnsafePointer(arena.values($0)) }, into: output.base)
    }

    /// dX[n, h, w, c] = Σᵣₖ Σₒ dY[n, r, o]·W[k, o] over the windows r that the pixel is in, as their element k;
    /// dW[k, o] = Σₙᵣ A[n, r, k]·dY[n, r, o];  db[o] = Σₙᵣ dY[n, r, o].
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input, let weightSums, let biasSums else { fatalError("layer \(name): backward before forward") }
        for root in context.shards.roots.indices {
            weightSums.reduce(root: root, of: context.shards, into: arena.gradient(weight, root: root)) { samples, dW in
                for n in samples {
                    kernel.weightGradient(
                        input.row(n), outputGradient.row(n), into: dW, adds: n != samples.lowerBound)
                }
            }
            if let bias {
                biasSums.reduce(root: root, of: context.shards, into: arena.gradient(bias, root: root)) { samples, db in
                    RowReduction.sumRows(
                        outputGradient.base, samples.rows(each: shape.places.area), width: shape.outputs, into: db)
                }
            }
        }
        guard let inputGradient else { return }
        kernel.inputGradient(
            outputGradient.base, samples: inputGradient.rows, weight: arena.values(weight), into: inputGradient.base)
    }
}

/// `{convolution: {outputs: 16, kernel: 3, stride: 1, padding: 1, initializer: he, bias: true}}`
public struct Convolution2DDescription: LayerDescription {
    public let kind = "convolution"
    public let outputs: Int
    public let kernel: Extent2D
    public let stride: Extent2D
    /// The zeros on either side of the image.
    public let padding: Extent2D
    public let initializer: Initializer
    public let hasBias: Bool
    public let backend: ProductBackend

    public init(
        outputs: Int, kernel: Extent2D = 3, stride: Extent2D = 1, padding: Extent2D = 0,
        initializer: Initializer = .glorot, hasBias: Bool = true, backend: ProductBackend = .native
    ) {
        require(outputs > 0, "a convolution of \(outputs) outputs")
        self.outputs = outputs
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.initializer = initializer
        self.hasBias = hasBias
        self.backend = backend
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        let window = Window2D(kernel: kernel, stride: stride, padding: padding)
        let places = try window.count(in: inputShape, layer: name)
        let (channels, padded) = (inputShape.last, window.padded(inputShape))
        for (extents, what) in [
            ([places.height, places.width, outputs], "an output"),
            ([padded.height, padded.width, channels], "a padded input"),
            ([places.height, places.width, kernel.height, kernel.width, channels], "a matrix of windows"),
            ([kernel.height, kernel.width, channels, outputs], "a weight"),
            (
                [places.height, places.width + 2 * kernel.width, ProductTiling.packedCount(outputs)],
                "an output's gradient between zeros"
            ),
        ] {
            try Window2D.expectCountable(extents, what, layer: name, input: inputShape)
        }
        return Convolution2D(
            name: name,
            shape: ConvolutionShape(image: inputShape, window: window, places: places, outputs: outputs),
            initializer: initializer, hasBias: hasBias, backend: backend, arena: arena)
    }
}
