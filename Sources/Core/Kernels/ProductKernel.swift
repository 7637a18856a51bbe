/// The code behind a `MatrixProduct`: one implementation a backend and kind of scalar.
///
/// Shapes and layouts are those of `MatrixProduct`'s methods.
public protocol ProductKernel<Scalar>: AnyObject {
    associatedtype Scalar: TrainingScalar

    /// Allocates the working memory, once.
    func prepare(limits: PassLimits, keepsWeight: Bool)

    func forward(
        _ x: UnsafePointer<Scalar>, xStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        bias: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>)

    func inputGradient(
        _ dY: UnsafePointer<Scalar>, dYStride: Int?, rows: Int, weight: UnsafePointer<Scalar>,
        weightIsUnchanged: Bool, into dX: UnsafeMutablePointer<Scalar>)

    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>)

    /// The same, and that of another kernel with the same dY.
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>, alongside other: any ProductKernel<Scalar>,
        _ otherX: UnsafePointer<Scalar>, into otherDW: UnsafeMutablePointer<Scalar>)
}

extension ProductKernel {
    /// One after the other, where nothing is made of dY that both could use.
    public func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, layout: ShardLayout, root: Int,
        into dW: UnsafeMutablePointer<Scalar>, alongside other: any ProductKernel<Scalar>,
        _ otherX: UnsafePointer<Scalar>, into otherDW: UnsafeMutablePointer<Scalar>
    ) {
        weightGradient(x, dY, layout: layout, root: root, into: dW)
        other.weightGradient(otherX, dY, layout: layout, root: root, into: otherDW)
    }
}

extension TrainingScalar {
    /// Loops over single numbers: what a scalar without vectors runs on.
    public static func makeProductKernel(
        inputs: Int, outputs: Int, rowsPerSample: Int, backend: ProductBackend
    ) -> any ProductKernel<Self> {
        PlainProduct<Self>(
            inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample, layout: backend.weightLayout)
    }
}

extension Float {
    public static func makeProductKernel(
        inputs: Int, outputs: Int, rowsPerSample: Int, backend: ProductBackend
    ) -> any ProductKernel<Float> {
        switch backend {
        case .native: PanelProduct<Float>(inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample)
        case .blas: BLASProduct<Float>(inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample)
        }
    }
}

extension Double {
    public static func makeProductKernel(
        inputs: Int, outputs: Int, rowsPerSample: Int, backend: ProductBackend
    ) -> any ProductKernel<Double> {
        switch backend {
        case .native: PanelProduct<Double>(inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample)
        case .blas: BLASProduct<Double>(inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample)
        }
    }
}
