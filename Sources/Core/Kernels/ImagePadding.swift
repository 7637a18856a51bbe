/// Images copied between zeros, one at a time.
final class ImagePadding<Scalar: TrainingScalar> {
    /// H and W.
    let extent: Extent2D
    /// C, and the elements from one pixel to the next.
    let depth: Int
    let depthWithZeros: Int
    /// The elements of an image, H·W·C.
    var count: Int { extent.area * depth }
    /// The pixels of zeros on the left.
    let pixelsBefore: Int
    /// From one line of the padded image to the next.
    let line: Int

    /// Whether there is nothing to put zeros around.
    private let isImage: Bool
    /// Where the image begins in the padded one.
    private let inset: Int
    private let paddedCount: Int
    private var padded: AlignedBuffer<Scalar>?

    /// - Parameters:
    ///   - before: the lines of zeros above, and the pixels on the left.
    ///   - after: those below, and on the right.
    ///   - depthWithZeros: the depth of the padded image, which may be larger.
    init(extent: Extent2D, depth: Int, before: Extent2D, after: Extent2D, depthWithZeros: Int) {
        self.extent = extent
        self.depth = depth
        self.depthWithZeros = depthWithZeros
        pixelsBefore = before.width
        line = (before.width + extent.width + after.width) * depthWithZeros
        isImage = before == 0 && after == 0 && depthWithZeros == depth
        inset = before.height * line + before.width * depthWithZeros
        paddedCount = (before.height + extent.height + after.height) * line
    }

    /// Allocates the memory, once.
    func prepare() { padded = AlignedBuffer(count: isImage ? 0 : paddedCount) }

    /// Puts zeros around an image.
    ///
    /// - Returns: the padded image, valid until the next call, or `x` itself where that is the same.
    /// - Complexity: no allocation.
    @inline(__always)
    func pad(_ x: UnsafePointer<Scalar>) -> UnsafePointer<Scalar> {
        if isImage { return x }
        guard let padded else { preconditionFailure("an image's padding before prepare") }
        for h in 0..<extent.height {
            let target = padded.base + (inset + h * line)
            let source = x + h * extent.width * depth
            if depth == depthWithZeros {
                target.update(from: source, count: extent.width * depth)
            } else {
                for w in 0..<extent.width {
                    (target + w * depthWithZeros).update(from: source + w * depth, count: depth)
                }
            }
        }
        return UnsafePointer(padded.base)
    }
}
