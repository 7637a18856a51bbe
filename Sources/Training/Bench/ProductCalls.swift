import Core

/// The products of one shape by one backend, in the calls that a layer makes for a pass.
protocol ProductCalls: AnyObject {
    /// The elements of the layer's input, and of dX.
    var inputCount: Int { get }

    func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>)
    func inputGradient(_ dY: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into dX: UnsafeMutablePointer<Float>)
    func weightGradient(_ x: UnsafePointer<Float>, _ dY: UnsafePointer<Float>, into dW: UnsafeMutablePointer<Float>)
}

/// Those of a layer whose rows are there in memory.
final class MatrixCalls: ProductCalls {
    private let product: MatrixProduct<Float>
    private let layout: ShardLayout
    /// How often a pass calls, and for how many rows.
    private let cut: (count: Int, rows: Int)

    var inputCount: Int { layout.rows * product.rowsPerSample * product.inputs }

    init(_ product: MatrixProduct<Float>, _ shape: ProductShape, _ layout: ShardLayout) {
        self.product = product
        self.layout = layout
        cut =
            shape.calls == .step ? (shape.rowsPerSample, layout.rows) : (1, layout.rows * shape.rowsPerSample)
        product.prepare(
            limits: PassLimits(rows: layout.rows, shards: layout.shardCount, roots: layout.roots.count),
            keepsWeight: cut.count > 1)
    }

    func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        for _ in 0..<cut.count { product.forward(x, rows: cut.rows, weight: w, bias: nil, into: y) }
    }

    func inputGradient(_ dY: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into dX: UnsafeMutablePointer<Float>) {
        for call in 0..<cut.count {
            product.inputGradient(dY, rows: cut.rows, weight: w, weightIsUnchanged: call > 0, into: dX)
        }
    }

    func weightGradient(_ x: UnsafePointer<Float>, _ dY: UnsafePointer<Float>, into dW: UnsafeMutablePointer<Float>) {
        for root in layout.roots.indices {
            product.weightGradient(x, dY, layout: layout, root: root, into: dW)
        }
    }
}

/// Those of a convolution: with all that it does to its images before and after them.
final class ConvolutionCalls: ProductCalls {
    private let kernel: any ConvolutionKernel<Float>
    private let shape: ConvolutionShape
    private let samples: Int

    var inputCount: Int { samples * shape.image.elementCount }

    init(_ kernel: any ConvolutionKernel<Float>, _ shape: ConvolutionShape, _ layout: ShardLayout) {
        self.kernel = kernel
        self.shape = shape
        samples = layout.rows
        kernel.prepare()
    }

    func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        kernel.forward(x, samples: samples, weight: w, bias: nil, into: y)
    }

    func inputGradient(_ dY: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into dX: UnsafeMutablePointer<Float>) {
        kernel.inputGradient(dY, samples: samples, weight: w, into: dX)
    }

    func weightGradient(_ x: UnsafePointer<Float>, _ dY: UnsafePointer<Float>, into dW: UnsafeMutablePointer<Float>) {
        for n in 0..<samples {
            kernel.weightGradient(
                x + n * shape.image.elementCount, dY + n * shape.outputCount, into: dW, adds: n > 0)
        }
    }
}
