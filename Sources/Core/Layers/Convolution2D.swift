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
    private let window: Window2D
    private let places: Extent2D
    private let weight: ParameterID
    private let bias: ParameterID?
    /// Of one sample: its rows are the places of the output.
    private let product: MatrixProduct<Scalar>
    private let oneSample = ShardLayout(rows: 1, shards: 1)

    /// X of the last forward pass, for dW.
    private var input: TensorView<Scalar>?
    private var columns: ImageColumns<Scalar>?
    private var weightSums: ShardAccumulator<Scalar>?
    private var biasSums: ShardAccumulator<Scalar>?
    /// dW of one sample.
    private var sampleGradient: AlignedBuffer<Scalar>?

    fileprivate init(
        name: String, inputShape: Shape, outputs: Int, window: Window2D, places: Extent2D, initializer: Initializer,
        hasBias: Bool, backend: ProductBackend, arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.inputShape = inputShape
        self.window = window
        self.places = places
        outputShape = [places.height, places.width, outputs]
        self.arena = arena
        let inputs = window.kernel.area * inputShape.last
        product = MatrixProduct(inputs: inputs, outputs: outputs, rowsPerSample: places.area, backend: backend)
        weight = arena.declare(
            "\(name)/weight", shape: [inputs, outputs], initializer: initializer, fanIn: inputs,
            fanOut: window.kernel.area * outputs, layout: product.weightLayout, product: product.shape(.sample),
            decays: true)
        bias =
            hasBias
            ? arena.declare("\(name)/bias", shape: [outputs], initializer: .constant(0), decays: false) : nil
    }

    public func prepare(limits: PassLimits) {
        product.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1), keepsWeight: true)
        columns = ImageColumns(inputShape, window: window, count: places)
        let count = product.inputs * product.outputs
        sampleGradient = AlignedBuffer(count: count)
        weightSums = ShardAccumulator(length: count, merge: .sum, shardCount: limits.shards)
        biasSums = ShardAccumulator(length: product.outputs, merge: .sum, shardCount: limits.shards)
    }

    /// Y[n, r, o] = b[o] + Σₖ A[n, r, k]·W[k, o], row r of A[n] the window at place r of sample n.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        guard let columns else { fatalError("layer \(name): used before prepare") }
        self.input = input
        for n in 0..<input.rows {
            columns.gatherPanels(input.row(n)) { rows, panel in
                product.forward(
                    panel, rows: rows.count, weight: arena.values(weight),
                    bias: bias.map { UnsafePointer(arena.values($0)) },
                    into: output.row(n) + rows.lowerBound * product.outputs)
            }
        }
    }

    /// dA[n, r, k] = Σₒ dY[n, r, o]·W[k, o], and dX[n] the sums of what of dA[n] came from the same place;
    /// dW[k, o] = Σₙᵣ A[n, r, k]·dY[n, r, o];  db[o] = Σₙᵣ dY[n, r, o].
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let input, let columns, let weightSums, let biasSums, let sampleGradient else {
            fatalError("layer \(name): backward before forward")
        }
        for root in context.shards.roots.indices {
            weightSums.reduce(root: root, of: context.shards, into: arena.gradient(weight, root: root)) { samples, dW in
                for n in samples {
                    let isFirst = n == samples.lowerBound
                    product.weightGradient(
                        columns.gather(input.row(n)), outputGradient.row(n), layout: oneSample, root: 0,
                        into: isFirst ? dW : sampleGradient.base)
                    if !isFirst { RecordMerge.sum.merge(sampleGradient.base, into: dW, length: sampleGradient.count) }
                }
            }
            if let bias {
                biasSums.reduce(root: root, of: context.shards, into: arena.gradient(bias, root: root)) { samples, db in
                    RowReduction.sumRows(
                        outputGradient.base, samples.rows(each: columns.rows), width: product.outputs, into: db)
                }
            }
        }
        guard let inputGradient else { return }
        for n in 0..<inputGradient.rows {
            columns.scatterPanels(into: inputGradient.row(n)) { rows, panel in
                product.inputGradient(
                    outputGradient.row(n) + rows.lowerBound * product.outputs, rows: rows.count,
                    weight: arena.values(weight), weightIsUnchanged: n > 0 || rows.lowerBound > 0, into: panel)
            }
        }
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
        ] {
            try Window2D.expectCountable(extents, what, layer: name, input: inputShape)
        }
        return Convolution2D(
            name: name, inputShape: inputShape, outputs: outputs, window: window, places: places,
            initializer: initializer, hasBias: hasBias, backend: backend, arena: arena)
    }
}
