/// The convolution as products over a matrix of windows: by CBLAS, on scalars without vectors, and where the matrix is the image or
/// reading images in place would gain nothing (`DirectConvolution.gains`).
final class ColumnConvolution<Scalar: TrainingScalar>: ConvolutionKernel {
    private let shape: ConvolutionShape
    /// Of one sample: its rows are the places of the output.
    private let product: MatrixProduct<Scalar>
    private let oneSample = ShardLayout(rows: 1, shards: 1)
    private var columns: ImageColumns<Scalar>?
    /// dW of one sample.
    private var sampleGradient: AlignedBuffer<Scalar>?

    init(_ shape: ConvolutionShape, product: MatrixProduct<Scalar>) {
        self.shape = shape
        self.product = product
    }

    func prepare() {
        product.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1), keepsWeight: true)
        columns = ImageColumns(shape.image, window: shape.window, count: shape.places)
        sampleGradient = AlignedBuffer(count: product.inputs * product.outputs)
    }

    private var prepared: (ImageColumns<Scalar>, AlignedBuffer<Scalar>) {
        guard let columns, let sampleGradient else { preconditionFailure("a convolution before prepare") }
        return (columns, sampleGradient)
    }

    /// Y[n, r, o] = b[o] + Σₖ A[n, r, k]·W[k, o], row r of A[n] the window at place r of sample n.
    func forward(
        _ x: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        let (columns, _) = prepared
        for n in 0..<samples {
            let y = y + n * shape.outputCount
            columns.gatherPanels(x + n * shape.image.elementCount) { rows, panel in
                product.forward(
                    panel, rows: rows.count, weight: weight, bias: bias, into: y + rows.lowerBound * product.outputs)
            }
        }
    }

    /// dW[k, o] = Σᵣ A[n, r, k]·dY[n, r, o].
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, into dW: UnsafeMutablePointer<Scalar>, adds: Bool
    ) {
        let (columns, sampleGradient) = prepared
        product.weightGradient(
            columns.gather(x), dY, layout: oneSample, root: 0, into: adds ? sampleGradient.base : dW)
        if adds { RecordMerge.sum.merge(sampleGradient.base, into: dW, length: sampleGradient.count) }
    }

    /// dA[n, r, k] = Σₒ dY[n, r, o]·W[k, o], and dX[n] the sums of what of dA[n] came from the same place.
    func inputGradient(
        _ dY: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>,
        into dX: UnsafeMutablePointer<Scalar>
    ) {
        let (columns, _) = prepared
        for n in 0..<samples {
            let dY = dY + n * shape.outputCount
            columns.scatterPanels(into: dX + n * shape.image.elementCount) { rows, panel in
                product.inputGradient(
                    dY + rows.lowerBound * product.outputs, rows: rows.count, weight: weight,
                    weightIsUnchanged: n > 0 || rows.lowerBound > 0, into: panel)
            }
        }
    }
}
