/// Y[i, j, c] = the largest of the window at (i, j), channel by channel.
///
/// Derivation: Documentation/maxpool.md.
public final class MaxPool2D<Scalar: TrainingScalar>: PiecewiseLayer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    private let window: Window2D
    /// For every element of the last forward pass's output, which element of its sample it is.
    private var origins: AlignedBuffer<Int32>?
    /// The elements of the last forward pass's output.
    private var count = 0

    fileprivate init(name: String, inputShape: Shape, window: Window2D, places: Extent2D) {
        self.name = name
        self.inputShape = inputShape
        self.window = window
        outputShape = [places.height, places.width, inputShape.last]
    }

    /// Where each maximum was.
    public var backwardOperandCount: Int { outputShape.elementCount }

    public func prepare(limits: PassLimits) {
        origins = AlignedBuffer(count: limits.rows * outputShape.elementCount, kind: .activations)
    }

    /// Y[i, j, c] = max X[i·stride + p, j·stride + q, c] over the kernel's p and q: the first of several that are equal, and a NaN
    /// before any number.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        guard let origins else { fatalError("layer \(name): used before prepare") }
        count = output.count
        for n in 0..<input.rows {
            select(input.row(n), into: output.row(n), origins.base + n * outputShape.elementCount)
        }
    }

    /// dX[h, w, c] = Σ dY[i, j, c] over the windows that X[h, w, c] is the largest of.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        guard let origins else { fatalError("layer \(name): backward before forward") }
        guard let inputGradient else { return }
        for n in 0..<inputGradient.rows {
            route(
                outputGradient.row(n), by: origins.base + n * outputShape.elementCount, into: inputGradient.row(n))
        }
    }

    public func notePieces(in signature: inout PieceSignature) {
        guard let origins else { fatalError("layer \(name): no forward pass yet") }
        for i in 0..<count { signature.note(Int(origins.base[i])) }
    }

    /// One sample.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func select(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, _ origins: UnsafeMutablePointer<Int32>
    ) {
        let channels = inputShape.last
        let line = inputShape.dimensions[1] * channels
        var (y, origins) = (y, origins)
        for i in 0..<outputShape.dimensions[0] {
            for j in 0..<outputShape.dimensions[1] {
                let first = i &* window.stride.height &* line &+ j &* window.stride.width &* channels
                for c in 0..<channels {
                    y[c] = x[first &+ c]
                    origins[c] = Int32(truncatingIfNeeded: first &+ c)
                }
                for p in 0..<window.kernel.height {
                    for q in 0..<window.kernel.width {
                        let place = first &+ p &* line &+ q &* channels
                        let candidates = x + place
                        for c in 0..<channels {
                            let candidate = candidates[c]
                            // What is not equal to itself is NaN.
                            let isLarger = candidate > y[c] || candidate != candidate
                            y[c] = isLarger ? candidate : y[c]
                            origins[c] = isLarger ? Int32(truncatingIfNeeded: place &+ c) : origins[c]
                        }
                    }
                }
                y += channels
                origins += channels
            }
        }
    }

    /// One sample: where windows overlap, the sums go in the order of the windows.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func route(
        _ dY: UnsafePointer<Scalar>, by origins: UnsafePointer<Int32>, into dX: UnsafeMutablePointer<Scalar>
    ) {
        dX.update(repeating: .zero, count: inputShape.elementCount)
        for i in 0..<outputShape.elementCount {
            let origin = Int(origins[i])
            dX[origin] = dX[origin] + dY[i]
        }
    }
}

/// `{maxpool: {kernel: 2, stride: 2}}`
public struct MaxPool2DDescription: LayerDescription {
    public let kind = "maxpool"
    public let kernel: Extent2D
    public let stride: Extent2D

    /// - Parameter stride: nil for the kernel's extents: windows side by side.
    public init(kernel: Extent2D = 2, stride: Extent2D? = nil) {
        self.kernel = kernel
        self.stride = stride ?? kernel
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        let window = Window2D(kernel: kernel, stride: stride)
        let places = try window.count(in: inputShape, layer: name)
        try Window2D.expectCountable(inputShape.dimensions, "an image", layer: name, input: inputShape)
        return MaxPool2D(name: name, inputShape: inputShape, window: window, places: places)
    }
}
