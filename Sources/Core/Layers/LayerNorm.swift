import CSystem

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
        let memory = prepared(rows: outputGradient.rows * inputShape.rowCount)
        guard let input else { fatalError("layer \(name): backward before forward") }
        for root in context.shards.roots.indices {
            memory.reduceParameterGradients(
                root: root, of: context.shards, beta: arena.gradient(beta, root: root),
                gamma: arena.gradient(gamma, root: root)
            ) { samples, record in
                differentiate(
                    outputGradient.base, input.base, samples.rows(each: inputShape.rowCount), memory,
                    into: inputGradient?.base, sums: record)
            }
        }
    }

    private func prepared(rows: Int) -> LayerNormMemory<Scalar> {
        guard let memory else { fatalError("layer \(name): used before prepare") }
        require(
            rows <= memory.rowLimit, "layer \(name): prepared for \(memory.rowLimit) rows of features, given \(rows)")
        return memory
    }

    /// Four rows at a time, so that their sums hide each other's latency, and each while it is in the first-level cache.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func normalize(
        _ x: UnsafePointer<Scalar>, rows: Int, _ memory: LayerNormMemory<Scalar>, into y: UnsafeMutablePointer<Scalar>
    ) {
        let together = rows & ~3
        for r in stride(from: 0, to: together, by: 4) { normalize(TileHeight<4>(), from: r, x, memory, into: y) }
        for r in together..<rows { normalize(TileHeight<1>(), from: r, x, memory, into: y) }
    }

    /// The mean first, then the squares of the distances from it. What the mean's rounding left is the mean of those
    /// distances; it is taken off too, so that nothing is lost where X is large and spreads little.
    @inline(__always)
    private func normalize<let height: Int>(
        _: TileHeight<height>, from first: Int, _ x: UnsafePointer<Scalar>, _ memory: LayerNormMemory<Scalar>,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        typealias Lanes = Scalar.Lanes
        let width = memory.width
        let (gamma, beta) = (arena.values(gamma), arena.values(beta))
        let (count, epsilon) = (Scalar(Double(width)), Scalar(epsilon))
        let (x, y) = (x + first &* width, y + first &* width)
        // The next rows', while these are summed.
        dtrain_prefetch_to_write(y + height &* width, height &* width &* MemoryLayout<Scalar>.stride)
        var mean: InlineArray<height, Scalar> = RowReduction.sums(of: width) { lanes, r, place in
            lanes + place.load(x + r &* width)
        }
        for r in 0..<height { mean[unchecked: r] = mean[unchecked: r] / count }
        var meanTail: InlineArray<height, Scalar> = RowReduction.sums(of: width) { lanes, r, place in
            lanes + (place.load(x + r &* width) - Lanes(repeating: mean[unchecked: r]))
        }
        for r in 0..<height { meanTail[unchecked: r] = meanTail[unchecked: r] / count }
        let squares: InlineArray<height, Scalar> = RowReduction.sums(of: width) { lanes, r, place in
            let distance =
                place.load(x + r &* width) - Lanes(repeating: mean[unchecked: r])
                - Lanes(repeating: meanTail[unchecked: r])
            return Lanes.multiplyAdd(distance, distance, lanes)
        }
        var inverse = mean
        for r in 0..<height {
            inverse[unchecked: r] = Scalar.one / Scalar.squareRoot(squares[unchecked: r] / count + epsilon)
            memory.mean[first &+ r] = mean[unchecked: r]
            memory.meanTail[first &+ r] = meanTail[unchecked: r]
            memory.inverseDeviation[first &+ r] = inverse[unchecked: r]
        }
        let statistics = RowStatistics(mean: mean, meanTail: meanTail, inverseDeviation: inverse)
        LaneSlice.forEach(of: width) { place in
            let (gamma, beta) = (place.load(gamma), place.load(beta))
            for r in 0..<height {
                let normalized = statistics.normalize(place.load(x + r &* width), row: r)
                place.store(Lanes.multiplyAdd(normalized, gamma, beta), y + r &* width)
            }
        }
    }

    /// (Σ dY, Σ dY·x̂) of one shard, each a chain in row order, and dX of its rows: four at a time, each row once.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ rows: Range<Int>,
        _ memory: LayerNormMemory<Scalar>, into dX: UnsafeMutablePointer<Scalar>?,
        sums record: UnsafeMutablePointer<Scalar>
    ) {
        record.update(repeating: .zero, count: 2 * memory.width)
        let together = rows.lowerBound + rows.count & ~3
        for r in stride(from: rows.lowerBound, to: together, by: 4) {
            differentiate(TileHeight<4>(), from: r, dY, x, memory, into: dX, sums: record)
        }
        for r in together..<rows.upperBound {
            differentiate(TileHeight<1>(), from: r, dY, x, memory, into: dX, sums: record)
        }
    }

    @inline(__always)
    private func differentiate<let height: Int>(
        _: TileHeight<height>, from first: Int, _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>,
        _ memory: LayerNormMemory<Scalar>, into dX: UnsafeMutablePointer<Scalar>?,
        sums record: UnsafeMutablePointer<Scalar>
    ) {
        typealias Lanes = Scalar.Lanes
        let width = memory.width
        let (dY, x) = (dY + first &* width, x + first &* width)
        // Rows that the forward pass has written long ago.
        dtrain_prefetch_stretch(x + 2 &* height &* width, height &* width &* MemoryLayout<Scalar>.stride)
        let statistics = RowStatistics<height, Scalar>(memory, first: first)

        let (sum, product) = (record, record + width)
        LaneSlice.forEach(of: width) { place in
            var (sums, products) = (place.load(sum), place.load(product))
            for r in 0..<height {
                let gradient = place.load(dY + r &* width)
                let normalized = statistics.normalize(place.load(x + r &* width), row: r)
                sums = sums + gradient
                products = Lanes.multiplyAdd(gradient, normalized, products)
            }
            place.store(sums, sum)
            place.store(products, product)
        }

        guard let dX else { return }
        let gamma = arena.values(gamma)
        let count = Scalar(Double(width))
        let sums: InlineArray<height, Scalar> = RowReduction.sums(of: width) { lanes, r, place in
            lanes + place.load(dY + r &* width) * place.load(gamma)
        }
        let products: InlineArray<height, Scalar> = RowReduction.sums(of: width) { lanes, r, place in
            let normalized = statistics.normalize(place.load(x + r &* width), row: r)
            return Lanes.multiplyAdd(place.load(dY + r &* width) * place.load(gamma), normalized, lanes)
        }
        for r in 0..<height {
            let (x, dy, dx) = (x + r &* width, dY + r &* width, dX + (first &+ r) &* width)
            let gradientMean = Lanes(repeating: sums[unchecked: r] / count)
            let minusSlope = Lanes(repeating: -(products[unchecked: r] / count))
            let inverse = Lanes(repeating: statistics.inverseDeviation[unchecked: r])
            LaneSlice.forEach(of: width) { place in
                let normalized = statistics.normalize(place.load(x), row: r)
                let centred = place.load(dy) * place.load(gamma) - gradientMean
                place.store(Lanes.multiplyAdd(normalized, minusSlope, centred) * inverse, dx)
            }
        }
    }
}

/// Of some neighbouring rows what x̂ = (x − mean − meanTail) · inverseDeviation is made with.
private struct RowStatistics<let height: Int, Scalar: TrainingScalar> {
    var mean: InlineArray<height, Scalar>
    var meanTail: InlineArray<height, Scalar>
    var inverseDeviation: InlineArray<height, Scalar>

    @inline(__always)
    init(
        mean: InlineArray<height, Scalar>, meanTail: InlineArray<height, Scalar>,
        inverseDeviation: InlineArray<height, Scalar>
    ) {
        self.mean = mean
        self.meanTail = meanTail
        self.inverseDeviation = inverseDeviation
    }

    /// What the forward pass kept of the rows from `first` on.
    @inline(__always)
    init(_ memory: LayerNormMemory<Scalar>, first: Int) {
        mean = InlineArray(repeating: .zero)
        meanTail = mean
        inverseDeviation = mean
        for r in 0..<height {
            mean[unchecked: r] = memory.mean[first &+ r]
            meanTail[unchecked: r] = memory.meanTail[first &+ r]
            inverseDeviation[unchecked: r] = memory.inverseDeviation[first &+ r]
        }
    }

    @inline(__always)
    func normalize(_ x: Scalar.Lanes, row: Int) -> Scalar.Lanes {
        (x - Scalar.Lanes(repeating: mean[unchecked: row]) - Scalar.Lanes(repeating: meanTail[unchecked: row]))
            * Scalar.Lanes(repeating: inverseDeviation[unchecked: row])
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
