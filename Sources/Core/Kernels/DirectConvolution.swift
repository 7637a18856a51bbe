/// The native convolution: its products read the image where it lies, between its zeros, and no matrix of windows is made.
///
/// Each element has the chain that the products over a matrix of windows would give it (Documentation/convolution.md).
/// Source: Georganas et al., "Anatomy of high-performance deep learning convolutions on SIMD architectures" (2018), for the loops
/// around a tile of neighbouring places.
final class DirectConvolution<Scalar: VectorScalar>: ConvolutionKernel {
    let shape: ConvolutionShape
    let image: ImagePadding<Scalar>
    let slopes: ImagePadding<Scalar>
    private var memory: Memory?

    init(_ shape: ConvolutionShape) {
        self.shape = shape
        let (window, dimensions) = (shape.window, shape.image.dimensions)
        image = ImagePadding(
            extent: Extent2D(height: dimensions[0], width: dimensions[1]), depth: dimensions[2],
            before: window.padding, after: window.padding, depthWithZeros: dimensions[2])
        // Beside the first and the last place as many zeros as a pixel there has windows that do not exist.
        let windowsOfPixel = (window.kernel.width + window.stride.width - 1) / window.stride.width
        let lastWindow = (window.padding.width + dimensions[1] - 1) / window.stride.width
        slopes = ImagePadding(
            extent: shape.places, depth: shape.outputs, before: Extent2D(height: 0, width: windowsOfPixel - 1),
            after: Extent2D(height: 0, width: max(0, lastWindow - (shape.places.width - 1))),
            depthWithZeros: Scalar.lanes(ofColumns: shape.outputs))
    }

    /// Whether it is faster than a matrix of windows. A kernel of 1 × 1 that meets every place finds the matrix made. Tiles are of
    /// places of one line, and a line's pixels go through all windows that they could be in: lines of few places, or of far fewer
    /// than pixels, take longer so.
    static func gains(_ shape: ConvolutionShape) -> Bool {
        let (places, window) = (shape.places.width, shape.window)
        return window != Window2D(kernel: 1, stride: 1) && places >= 4
            && shape.image.dimensions[1] <= 2 * window.stride.width * places
    }

    func prepare() {
        image.prepare()
        slopes.prepare()
        memory = Memory(shape)
    }

    /// KW·C: the numbers of a line of a window, which are neighbours in the image.
    var windowLine: Int { shape.window.kernel.width * image.depth }

    /// From the windows of a line of places to those of the next.
    var lineOfPlaces: Int { shape.window.stride.height * image.line }

    /// The windows of an image between its zeros, from place to place and, of each, from line to line; valid until the next call.
    @inline(__always)
    func windows(of x: UnsafePointer<Scalar>) -> ImageLines<Scalar> {
        ImageLines(base: image.pad(x), place: shape.window.stride.width * image.depth, line: image.line)
    }

    /// The memory that the products work in.
    final class Memory {
        /// Wᵀ of each element of the kernel, `[KH·KW, O, C]`, each in panels of C's columns.
        let transposed: AlignedBuffer<Scalar>
        /// Where one element's part of it is from the one before.
        let partOfWeight: Int
        /// The bias, or zeros: what Y's chains begin at.
        let start: AlignedBuffer<Scalar>
        /// As many as the largest tile has elements.
        let zeros: AlignedBuffer<Scalar>
        /// dW's chains of one group of columns: two vectors at most.
        let sums: AlignedBuffer<Scalar>
        /// A tile whose columns are fewer than a vector's lanes.
        let narrowTile: AlignedBuffer<Scalar>

        init(_ shape: ConvolutionShape) {
            let width = ParameterLayout.panelWidth
            partOfWeight = ProductTiling.packedCount(shape.image.last) * shape.outputs
            // Behind the last part room for what is written beside a narrow panel.
            transposed = AlignedBuffer(count: shape.window.kernel.area * partOfWeight + width * width)
            start = AlignedBuffer(count: ProductTiling.packedCount(shape.outputs))
            let tile = ProductTiling.convolutionVectors * Scalar.laneCount
            zeros = AlignedBuffer(count: tile)
            sums = AlignedBuffer(count: shape.inputs * 2 * Scalar.laneCount)
            narrowTile = AlignedBuffer(count: tile)
        }
    }

    func expectMemory() -> Memory {
        guard let memory else { preconditionFailure("a convolution before prepare") }
        return memory
    }
}
