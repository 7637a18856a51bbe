/// The windows of an image as the rows of a matrix, and back: what makes products of a convolution.
///
/// Row i·W' + j of the matrix `[H'·W', KH·KW·C]` is window (i, j), kernel row after kernel row, in each the columns, in each the
/// channels. It is made of one image at a time, and where that is large in panels of whole lines of windows, so that each stays
/// in the cache between its making and the product.
/// Source: Chellapilla, Puri & Simard, "High performance convolutional neural networks for document processing" (2006).
final class ImageColumns<Scalar: TrainingScalar> {
    /// H'·W'.
    let rows: Int
    /// KH·KW·C.
    let columns: Int

    /// Whether the image is the matrix already: a kernel of 1 × 1 that meets every place.
    private let isIdentity: Bool
    private let kernelRows: Int
    private let count: Extent2D
    /// The elements of one row of a window: neighbours in the image.
    private let run: Int
    /// From a window to the next one below, and to the right.
    private let stepDown: Int
    private let stepRight: Int
    /// From one row of the padded image to the next.
    private let paddedLine: Int
    /// Where the image begins in the padded one, and its rows.
    private let inset: Int
    private let lines: Int
    private let line: Int

    /// The lines of windows in a panel.
    private let linesOfPanel: Int

    /// A panel's bytes: beside the weight and the outputs in a second-level cache.
    private static var panelBytes: Int { 256 << 10 }

    private let matrix: AlignedBuffer<Scalar>
    /// The image with its padding, which stays zero.
    private let image: AlignedBuffer<Scalar>
    /// The gradient of the padded image, padding included.
    private let imageGradient: AlignedBuffer<Scalar>

    /// - Parameters:
    ///   - shape: of the image, `[H, W, C]`.
    ///   - count: H' and W'.
    init(_ shape: Shape, window: Window2D, count: Extent2D) {
        let channels = shape.last
        let padded = window.padded(shape)
        self.count = count
        rows = count.area
        columns = window.kernel.area * channels
        isIdentity = window == Window2D(kernel: 1, stride: 1)
        kernelRows = window.kernel.height
        run = window.kernel.width * channels
        paddedLine = padded.width * channels
        stepDown = window.stride.height * paddedLine
        stepRight = window.stride.width * channels
        inset = window.padding.height * paddedLine + window.padding.width * channels
        lines = shape.dimensions[0]
        line = shape.dimensions[1] * channels
        let bytesOfLine = count.width * columns * MemoryLayout<Scalar>.stride
        linesOfPanel = isIdentity ? count.height : max(1, Self.panelBytes / bytesOfLine)
        // Copies go in whole vectors, the last one over the end.
        let slack = 64 / MemoryLayout<Scalar>.stride
        matrix = AlignedBuffer(count: isIdentity ? 0 : rows * columns + slack)
        image = AlignedBuffer(count: isIdentity ? 0 : padded.area * channels + slack)
        imageGradient = AlignedBuffer(count: isIdentity ? 0 : padded.area * channels)
    }

    /// Makes the matrix of the image `x`.
    ///
    /// - Returns: the matrix, valid until the next call, or `x` itself where that is the same.
    /// - Complexity: no allocation.
    func gather(_ x: UnsafePointer<Scalar>) -> UnsafePointer<Scalar> {
        if isIdentity { return x }
        pad(x)
        return gather(lines: 0..<count.height)
    }

    /// Makes the matrix of the image `x` panel by panel.
    ///
    /// - Parameter body: is given the rows of each panel, in order, and where the first of them is.
    /// - Complexity: no allocation.
    func gatherPanels(_ x: UnsafePointer<Scalar>, _ body: (_ rows: Range<Int>, _ panel: UnsafePointer<Scalar>) -> Void)
    {
        if isIdentity { return body(0..<rows, x) }
        pad(x)
        forEachPanel { lines in body(lines.rows(each: count.width), gather(lines: lines)) }
    }

    private func forEachPanel(_ body: (_ lines: Range<Int>) -> Void) {
        for first in stride(from: 0, to: count.height, by: linesOfPanel) {
            body(first..<min(first + linesOfPanel, count.height))
        }
    }

    /// Copies the image between its zeros.
    private func pad(_ x: UnsafePointer<Scalar>) {
        for h in 0..<lines { (image.base + (inset + h * paddedLine)).update(from: x + h * line, count: line) }
    }

    /// Makes the rows of some lines of windows.
    private func gather(lines: Range<Int>) -> UnsafePointer<Scalar> {
        let size = MemoryLayout<Scalar>.stride
        let source = UnsafeRawPointer(image.base)
        let (down, right, line, run) = (stepDown * size, stepRight * size, paddedLine * size, run * size)
        switch run % 64 {
        case 1...16:
            copyRuns(source, lines, down, right, line, run, SIMD16<UInt8>.self)
        case 17...32:
            copyRuns(source, lines, down, right, line, run, SIMD32<UInt8>.self)
        default:
            copyRuns(source, lines, down, right, line, run, SIMD64<UInt8>.self)
        }
        return UnsafePointer(matrix.base)
    }

    /// All of it in bytes. A run goes in vectors of 64, its rest in one that is as long or a bit longer: what that writes too
    /// much, the next run overwrites. Most vectors lie across two lines of the cache, so that shorter ones are cheaper.
    @inline(__always)
    private func copyRuns<Rest: BitwiseCopyable>(
        _ image: UnsafeRawPointer, _ lines: Range<Int>, _ stepDown: Int, _ stepRight: Int, _ paddedLine: Int,
        _ run: Int, _: Rest.Type
    ) {
        let whole = run &- MemoryLayout<Rest>.size
        var target = UnsafeMutableRawPointer(matrix.base)
        for i in lines {
            var window = image + i &* stepDown
            for _ in 0..<count.width {
                var source = window
                for _ in 0..<kernelRows {
                    var byte = 0
                    while byte < whole {
                        let vector = source.loadUnaligned(fromByteOffset: byte, as: SIMD64<UInt8>.self)
                        target.storeBytes(of: vector, toByteOffset: byte, as: SIMD64<UInt8>.self)
                        byte &+= 64
                    }
                    let rest = source.loadUnaligned(fromByteOffset: byte, as: Rest.self)
                    target.storeBytes(of: rest, toByteOffset: byte, as: Rest.self)
                    source += paddedLine
                    target += run
                }
                window += stepRight
            }
        }
    }

    /// Computes the image's gradient from the matrix's, which is made panel by panel: each element a chain from +0 over the
    /// windows that it is in, in the order of their rows in the matrix.
    ///
    /// Shapes: `dX [H, W, C]`, assigned.
    /// - Parameter body: is given the rows of each panel, in order, and computes their gradient at `panel`.
    /// - Complexity: no allocation.
    func scatterPanels(
        into dX: UnsafeMutablePointer<Scalar>,
        _ body: (_ rows: Range<Int>, _ panel: UnsafeMutablePointer<Scalar>) -> Void
    ) {
        if isIdentity { return body(0..<rows, dX) }
        forEachPanel { lines in
            body(lines.rows(each: count.width), matrix.base)
            scatter(lines: lines)
        }
        for h in 0..<self.lines {
            (dX + h * line).update(from: imageGradient.base + (inset + h * paddedLine), count: line)
        }
    }

    /// Adds the rows of some lines of windows to the gradient of the padded image, which begins at the first line.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func scatter(lines: Range<Int>) {
        if lines.lowerBound == 0 { imageGradient.base.update(repeating: .zero, count: imageGradient.count) }
        var source = UnsafePointer(matrix.base)
        for i in lines {
            var window = imageGradient.base + i &* stepDown
            for _ in 0..<count.width {
                var target = window
                for _ in 0..<kernelRows {
                    for e in 0..<run { target[e] = target[e] + source[e] }
                    source += run
                    target += paddedLine
                }
                window += stepRight
            }
        }
    }
}
