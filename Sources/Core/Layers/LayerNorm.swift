/// Y = gamma · (X − mean) / √(variance + epsilon) + beta along the last axis: mean and (biased) variance are those of the row,
/// so a sample depends on no other, and training and inference are the same.
///
/// Derivation: Documentation/layernorm.md.
/// Source: Ba, Kiros & Hinton, "Layer normalization" (2016), section 3.
public final class LayerNorm<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    public var needsOutput: Bool { false }
    /// Added to the variance, so that a constant row does not divide by 0.
    public let epsilon: Double

    private let arena: ParameterArena<Scalar>
    private let gamma: ParameterID
    private let beta: ParameterID

    /// X of the last forward pass, for dX: x̂ is computed again rather than kept.
    private var input: TensorView<Scalar>?
    private var memory: LayerNormMemory<Scalar>?

    fileprivate init(name: String, inputShape: Shape, epsilon: Double, arena: ParameterArena<Scalar>) {
        self.name = name
        self.inputShape = inputShape
        self.epsilon = epsilon
        self.arena = arena
        let features: Shape = [inputShape.last]
        gamma = arena.declare("\(name)/gamma", shape: features, initializer: .constant(1), decays: false)
        beta = arena.declare("\(name)/beta", shape: features, initializer: .constant(0), decays: false)
    }

    public func prepare(limits: PassLimits) {
        memory = LayerNormMemory(
            width: inputShape.last, rows: limits.rows * inputShape.rowCount, shards: limits.shards)
    }

    /// Y[r, c] = gamma[c] · x̂[r, c] + beta[c],  x̂ = (X − mean[r]) / √(variance[r] + epsilon), r over the rows of all samples.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let rows = input.rows * inputShape.rowCount
        let memory = prepared(rows: rows)
        self.input = input
        normalize(input.base, rows: rows, memory, into: output.base)
    }

    /// With g = dY·gamma and the row's C elements: dX = (g − Σ g / C − x̂ · Σ g·x̂ / C) / √(variance + epsilon).
    /// dgamma = Σ dY·x̂ and dbeta = Σ dY, over the rows of all samples.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        let rows = outputGradient.rows * inputShape.rowCount
        let memory = prepared(rows: rows)
        guard let input else { fatalError("layer \(name): backward before forward") }
        for root in context.shards.roots.indices {
            memory.reduceParameterGradients(
                root: root, of: context.shards, beta: arena.gradient(beta, root: root),
                gamma: arena.gradient(gamma, root: root)
            ) { samples, record in
                sumGradients(
                    outputGradient.base, input.base, samples.rows(each: inputShape.rowCount), memory, into: record)
            }
        }
        if let inputGradient {
            differentiate(outputGradient.base, input.base, rows: rows, memory, into: inputGradient.base)
        }
    }

    private func prepared(rows: Int) -> LayerNormMemory<Scalar> {
        guard let memory else { fatalError("layer \(name): used before prepare") }
        require(
            rows <= memory.rowLimit, "layer \(name): prepared for \(memory.rowLimit) rows of features, given \(rows)")
        return memory
    }

    /// The mean first, then the squares of the distances from it. What the mean's rounding left is the mean of those
    /// distances; it is taken off too, so that nothing is lost where X is large and spreads little.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func normalize(
        _ x: UnsafePointer<Scalar>, rows: Int, _ memory: LayerNormMemory<Scalar>, into y: UnsafeMutablePointer<Scalar>
    ) {
        let width = memory.width
        let (gamma, beta) = (arena.values(gamma), arena.values(beta))
        let (count, epsilon) = (Scalar(Double(width)), Scalar(epsilon))
        for r in 0..<rows {
            let (x, y) = (x + r &* width, y + r &* width)
            let mean = RowReduction.sum(x, count: width) / count
            for c in 0..<width { y[c] = x[c] - mean }
            let meanTail = RowReduction.sum(y, count: width) / count
            for c in 0..<width { y[c] = y[c] - meanTail }
            let variance = RowReduction.dot(y, y, count: width) / count
            let inverse = Scalar.one / Scalar.squareRoot(variance + epsilon)
            for c in 0..<width { y[c] = Scalar.multiplyAdd(y[c] * inverse, gamma[c], beta[c]) }
            memory.mean[r] = mean
            memory.meanTail[r] = meanTail
            memory.inverseDeviation[r] = inverse
        }
    }

    /// (Σ dY, Σ dY·x̂) of one shard, each a chain in row order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func sumGradients(
        _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ rows: Range<Int>,
        _ memory: LayerNormMemory<Scalar>, into record: UnsafeMutablePointer<Scalar>
    ) {
        let width = memory.width
        let (sum, product) = (record, record + width)
        record.update(repeating: .zero, count: 2 * width)
        for r in rows {
            let (dy, x) = (dY + r &* width, x + r &* width)
            let (mean, meanTail, inverse) = (memory.mean[r], memory.meanTail[r], memory.inverseDeviation[r])
            for c in 0..<width {
                let normalized = (x[c] - mean - meanTail) * inverse
                sum[c] = sum[c] + dy[c]
                product[c] = Scalar.multiplyAdd(dy[c], normalized, product[c])
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, rows: Int, _ memory: LayerNormMemory<Scalar>,
        into dX: UnsafeMutablePointer<Scalar>
    ) {
        let width = memory.width
        let (gamma, normalized) = (arena.values(gamma), memory.normalized)
        let count = Scalar(Double(width))
        for r in 0..<rows {
            let (dy, x, g) = (dY + r &* width, x + r &* width, dX + r &* width)
            let (mean, meanTail, inverse) = (memory.mean[r], memory.meanTail[r], memory.inverseDeviation[r])
            for c in 0..<width {
                normalized[c] = (x[c] - mean - meanTail) * inverse
                g[c] = dy[c] * gamma[c]
            }
            let gradientMean = RowReduction.sum(g, count: width) / count
            let gradientSlope = RowReduction.dot(g, normalized, count: width) / count
            for c in 0..<width {
                g[c] = Scalar.multiplyAdd(-normalized[c], gradientSlope, g[c] - gradientMean) * inverse
            }
        }
    }
}

/// `layernorm` or `{layernorm: {epsilon: 1e-5}}`
public struct LayerNormDescription: LayerDescription {
    public let kind = "layernorm"
    public let epsilon: Double

    public init(epsilon: Double = 1e-5) {
        require(epsilon > 0 && epsilon.isFinite, "a layernorm epsilon of \(epsilon); it must be above 0")
        self.epsilon = epsilon
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank > 0 else {
            throw ShapeError(layer: name, expected: "[…, features]", given: inputShape)
        }
        return LayerNorm(name: name, inputShape: inputShape, epsilon: epsilon, arena: arena)
    }
}
