/// The windows that a convolution or a pooling cuts out of an image `[H, W, C]`: window (i, j) has the rows
/// `i · stride.height ..< i · stride.height + kernel.height` of the image with its padding, and columns in the same way.
///
/// Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), section 2.4.
struct Window2D: Hashable, Sendable {
    let kernel: Extent2D
    let stride: Extent2D
    /// The zeros on either side of the image.
    let padding: Extent2D

    init(kernel: Extent2D, stride: Extent2D, padding: Extent2D = 0) {
        require(kernel.isInside(1...Extent2D.limit), "a kernel of \(kernel)")
        require(stride.isInside(1...Extent2D.limit), "a stride of \(stride)")
        require(padding.isInside(0...Extent2D.limit), "a padding of \(padding)")
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }

    /// An image's height and width with the padding.
    func padded(_ image: Shape) -> Extent2D {
        Extent2D(
            height: image.dimensions[0] + 2 * padding.height, width: image.dimensions[1] + 2 * padding.width)
    }

    /// How many windows an image has in each direction: ⌊(H + 2·padding − kernel) / stride⌋ + 1. What is left of the image
    /// behind the last whole window is in none.
    ///
    /// - Parameter layer: the name in the error.
    /// - Throws: `ShapeError` if the input is no image, or smaller than one window.
    func count(in image: Shape, layer: String) throws(ShapeError) -> Extent2D {
        guard image.rank == 3 else {
            throw ShapeError(layer: layer, expected: "[height, width, channels]", given: image)
        }
        let padded = padded(image)
        guard kernel.height <= padded.height && kernel.width <= padded.width else {
            let place = padding == 0 ? "\(image)" : "\(padded), which is \(image) padded by \(padding)"
            throw ShapeError(layer: layer, message: "a kernel of \(kernel) does not fit into \(place)")
        }
        return Extent2D(
            height: (padded.height - kernel.height) / stride.height + 1,
            width: (padded.width - kernel.width) / stride.width + 1)
    }

    /// - Throws: `ShapeError` if a tensor of these extents has more elements than 32 bits count: no memory holds it, and offsets
    ///   are kept in 32 bits.
    static func expectCountable(_ extents: [Int], _ what: String, layer: String, input: Shape) throws(ShapeError) {
        var count = 1
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow && product <= Int(Int32.max) else {
                throw ShapeError(
                    layer: layer,
                    message: "\(what) of \(extents) for an input of \(input) has more than \(Int32.max) elements")
            }
            count = product
        }
    }
}
