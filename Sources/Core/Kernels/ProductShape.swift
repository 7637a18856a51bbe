/// The products that a weight `W [I, O]` takes part in: Y = X·W, dX = dY·Wᵀ and dW = XᵀdY.
public struct ProductShape: Sendable, Hashable {
    /// How a layer cuts a pass into calls of the product.
    public enum Calls: String, Sendable, Hashable {
        /// All rows of all samples at once.
        case batch
        /// The rows of a sample at once: a convolution, whose X is its matrix of windows, made sample by sample or not at all.
        case sample
        /// A row of every sample at once, row after row: a recurrence. Its dW is that of all rows at once.
        case step
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
