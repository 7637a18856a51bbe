/// The products that a weight `W [I, O]` takes part in: Y = X·W, dX = dY·Wᵀ and dW = XᵀdY.
public struct ProductShape: Sendable, Hashable {
    /// How a layer cuts a pass into calls of the product.
    public enum Calls: Sendable, Hashable {
        /// All rows of all samples at once.
        case batch
        /// A convolution's: image by image. A row of X is a window, X a matrix that is made of each image, or is not made at all.
        case convolution(ConvolutionShape)
        /// A row of every sample at once, row after row: a recurrence. Its dW is that of all rows at once.
        case step

        /// As reports have it.
        public var name: String {
            switch self {
            case .batch: "batch"
            case .convolution: "convolution"
            case .step: "step"
            }
        }
    }

    public let inputs: Int
    public let outputs: Int
    /// The rows of X that one sample has.
    public let rowsPerSample: Int
    public let calls: Calls

    public init(inputs: Int, outputs: Int, rowsPerSample: Int = 1, calls: Calls = .batch) {
        self.inputs = inputs
        self.outputs = outputs
        self.rowsPerSample = rowsPerSample
        self.calls = calls
    }

    /// The operations of any one of the three products over a pass of `samples` samples: 2·N·R·I·O, a multiplication and an
    /// addition each.
    public func flops(samples: Int) -> Double {
        2 * Double(samples * rowsPerSample) * Double(inputs) * Double(outputs)
    }
}

extension MatrixProduct {
    /// What to declare a weight with, so that it is known what it is multiplied with.
    public func shape(_ calls: ProductShape.Calls = .batch) -> ProductShape {
        ProductShape(inputs: inputs, outputs: outputs, rowsPerSample: rowsPerSample, calls: calls)
    }
}
