/// The code behind a `Convolution2D`: one implementation a backend and kind of scalar.
///
/// Shapes: `X [N, H, W, C]`, `W [KH·KW·C, O]` in the backend's layout, `b [O]` or nil (+0), `Y [N, H', W', O]`.
public protocol ConvolutionKernel<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// Allocates the working memory, once.
    func prepare()

    /// Computes Y of `samples` images.
    func forward(
        _ x: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>)

    /// Computes dW of one image, one chain from +0 over its places, and assigns it or, with `adds`, adds it to what `dW` holds.
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, into dW: UnsafeMutablePointer<Scalar>, adds: Bool)

    /// Computes dX of `samples` images.
    func inputGradient(
        _ dY: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>,
        into dX: UnsafeMutablePointer<Scalar>)
}

/// The extents of a convolution.
public struct ConvolutionShape: Sendable, Hashable {
    /// `[H, W, C]`.
    public let image: Shape
    let window: Window2D
    /// H' and W'.
    let places: Extent2D
    let outputs: Int

    /// KH·KW·C.
    var inputs: Int { window.kernel.area * image.last }

    /// H'·W'·O.
    public var outputCount: Int { places.area * outputs }
}

extension TrainingScalar {
    /// Products over a matrix of windows: what a scalar without vectors runs on.
    public static func makeConvolutionKernel(_ shape: ConvolutionShape, product: MatrixProduct<Self>)
        -> any ConvolutionKernel<Self>
    {
        ColumnConvolution(shape, product: product)
    }
}

extension VectorScalar {
    public static func makeConvolutionKernel(_ shape: ConvolutionShape, product: MatrixProduct<Self>)
        -> any ConvolutionKernel<Self>
    {
        product.backend == .native && DirectConvolution<Self>.gains(shape)
            ? DirectConvolution(shape) : ColumnConvolution(shape, product: product)
    }
}
