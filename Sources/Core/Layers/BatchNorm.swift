/// Y = gamma · (X − mean) / √(variance + epsilon) + beta, channel by channel: the channels are the last axis, and all steps of
/// a sequence and all places of an image count alike.
///
/// In training, mean and (biased) variance are those of the pass over all ranks, which is the global batch unless that is
/// accumulated in several; in inference the running ones.
/// Derivation: Documentation/batchnorm.md.
/// Source: Ioffe & Szegedy, "Batch normalization" (2015), algorithms 1 and 2.
public final class BatchNorm<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public var outputShape: Shape { inputShape }
    public var needsOutput: Bool { false }
    /// Added to the variance, so that a constant channel does not divide by 0.
    public let epsilon: Double
    /// m in r = (1 − m)·r + m·v.
    public let momentum: Double

    /// The rows of channels of one sample: its steps or places.
    private let places: Int
    private let arena: ParameterArena<Scalar>
    private let gamma: ParameterID
    private let beta: ParameterID
    private let runningMean: BufferID
    private let runningVariance: BufferID

    /// X of the last forward pass, for dX: x̂ is computed again rather than kept.
    private var input: TensorView<Scalar>?
    private var memory: BatchNormMemory<Scalar>?

    fileprivate init(
        name: String, inputShape: Shape, epsilon: Double, momentum: Double, arena: ParameterArena<Scalar>
    ) {
        self.name = name
        self.inputShape = inputShape
        self.epsilon = epsilon
        self.momentum = momentum
        self.arena = arena
        places = inputShape.rowCount
        let channels: Shape = [inputShape.last]
        gamma = arena.declare("\(name)/gamma", shape: channels, initializer: .constant(1), decays: false)
        beta = arena.declare("\(name)/beta", shape: channels, initializer: .constant(0), decays: false)
        runningMean = arena.declareBuffer("\(name)/running_mean", shape: channels, initialValue: 0)
        runningVariance = arena.declareBuffer("\(name)/running_variance", shape: channels, initialValue: 1)
    }

    public func prepare(limits: PassLimits) {
        memory = BatchNormMemory(channels: inputShape.last, limits: limits)
    }

    private func prepared(for context: PassContext) -> BatchNormMemory<Scalar> {
        guard let memory else { fatalError("layer \(name): used before prepare") }
        require(
            context.shards.shardCount <= memory.shardLimit,
            "layer \(name): prepared for \(memory.shardLimit) shards, given \(context.shards.shardCount)")
        return memory
    }

    /// Y[r, c] = gamma[c] · x̂[r, c] + beta[c],  x̂ = (X − mean) / √(variance + epsilon), r over the places of all samples.
    ///
    /// Training moves the running statistics: the mean by the batch's, the variance by the unbiased one, M2 / (n − 1) with n
    /// samples × places; where that is 1, the running variance is left alone.
    ///
    /// - Important: Collective in training; every rank calls it in the same order, ranks without rows too.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let memory = prepared(for: context)
        self.input = input
        switch context.mode {
        case .training:
            shardMoments(of: input.base, context.shards, memory)
            let record = memory.mergeMoments(context, places: places)
            useBatchStatistics(record, rows: context.passRows * places, memory)
            if !context.isRecomputation {
                moveRunningStatistics(record, rows: context.passRows * places, channels: memory.channels)
            }
        case .inference:
            useRunningStatistics(memory)
        }
        normalize(input.base, rows: input.rows * places, memory, into: output.base)
    }

    /// With the n = samples × places rows of the pass over all ranks, training:
    /// dX = gamma / √(variance + epsilon) · (dY − Σ dY / n − x̂ · Σ dY·x̂ / n);  inference: dX = gamma / √(…) · dY.
    /// dgamma = Σ dY·x̂;  dbeta = Σ dY.
    ///
    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        let memory = prepared(for: context)
        guard let input else { fatalError("layer \(name): backward before forward") }
        shardGradientSums(outputGradient.base, input.base, context.shards, memory)
        let sums = memory.mergeGradientSums(context)
        for root in context.shards.roots.indices {
            memory.exportParameterGradients(
                root: root, of: context.shards, beta: arena.gradient(beta, root: root),
                gamma: arena.gradient(gamma, root: root))
        }
        guard let inputGradient else { return }
        setSlopes(sums, rows: context.mode == .training ? context.passRows * places : nil, memory)
        differentiate(
            outputGradient.base, input.base, rows: outputGradient.rows * places, memory, into: inputGradient.base)
    }

    // MARK: Statistics

    /// (count, mean, M2) of each shard: the mean first, then the squares of the distances from it, each a chain in row order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func shardMoments(
        of x: UnsafePointer<Scalar>, _ shards: ShardLayout, _ memory: BatchNormMemory<Scalar>
    ) {
        typealias Sum = Scalar.Accumulator
        let channels = memory.channels
        let size = memory.sumsSize
        memory.forPairs(of: shards, places: places) { rows, means in
            ColumnChains.run(rows: rows, columns: channels, into: means) { sum, i, _, _ in sum + x[i].accumulator }
            for s in 0..<2 {
                let count = Sum(Double(rows[s].count))
                for c in 0..<channels { means[s][c] = means[s][c] / count }
            }
            ColumnChains.run(rows: rows, columns: channels, into: [means[0] + size, means[1] + size]) {
                sum, i, c, squares in
                let distance = x[i].accumulator - (squares - size)[c]
                return Sum.multiplyAdd(distance, distance, sum)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func useBatchStatistics(
        _ record: UnsafePointer<Scalar.Accumulator>, rows: Int, _ memory: BatchNormMemory<Scalar>
    ) {
        require(
            record[0].real == Double(rows), "layer \(name): \(record[0].real) rows in a pass of \(rows)")
        for c in 0..<memory.channels {
            setChannel(c, mean: record[1 + c], variance: record[1 + memory.channels + c] / record[0], memory)
        }
        memory.repeatStatistics()
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func moveRunningStatistics(
        _ record: UnsafePointer<Scalar.Accumulator>, rows: Int, channels: Int
    ) {
        typealias Sum = Scalar.Accumulator
        let count = record[0]
        let m = Sum(momentum)
        let runningMean = arena.values(runningMean)
        let runningVariance = arena.values(runningVariance)
        for c in 0..<channels {
            runningMean[c] = Scalar(
                rounding: Sum.multiplyAdd(m, record[1 + c], (Sum.one - m) * runningMean[c].accumulator))
            guard rows > 1 else { continue }
            let unbiased = record[1 + channels + c] / (count - Sum.one)
            runningVariance[c] = Scalar(
                rounding: Sum.multiplyAdd(m, unbiased, (Sum.one - m) * runningVariance[c].accumulator))
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func useRunningStatistics(_ memory: BatchNormMemory<Scalar>) {
        let mean = arena.values(runningMean)
        let variance = arena.values(runningVariance)
        for c in 0..<memory.channels {
            setChannel(c, mean: mean[c].accumulator, variance: variance[c].accumulator, memory)
        }
        memory.repeatStatistics()
    }

    /// The mean is kept in two parts whose sum is as good as the accumulator's, so that X − mean loses nothing where X is
    /// large and spreads little.
    @inline(__always)
    private func setChannel(
        _ c: Int, mean: Scalar.Accumulator, variance: Scalar.Accumulator, _ memory: BatchNormMemory<Scalar>
    ) {
        typealias Sum = Scalar.Accumulator
        let leading = Scalar(rounding: mean)
        memory.mean[c] = leading
        memory.meanTail[c] = Scalar(rounding: mean - leading.accumulator)
        memory.inverseDeviation[c] = Scalar(rounding: Sum.one / Sum.squareRoot(variance + Sum(epsilon)))
    }

    // MARK: Passes

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func normalize(
        _ x: UnsafePointer<Scalar>, rows: Int, _ memory: BatchNormMemory<Scalar>,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        memory.set(gamma: arena.values(gamma), beta: arena.values(beta))
        let (mean, meanTail, inverse) = (memory.mean, memory.meanTail, memory.inverseDeviation)
        let (gamma, beta) = (memory.gamma, memory.beta)
        let count = rows &* memory.channels
        var first = 0
        while first < count {
            let (x, y) = (x + first, y + first)
            for c in 0..<Swift.min(memory.period, count &- first) {
                let normalized = (x[c] - mean[c] - meanTail[c]) * inverse[c]
                y[c] = Scalar.multiplyAdd(normalized, gamma[c], beta[c])
            }
            first &+= memory.period
        }
    }

    /// (Σ dY, Σ dY·x̂) of each shard, each a chain in row order.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func shardGradientSums(
        _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ shards: ShardLayout,
        _ memory: BatchNormMemory<Scalar>
    ) {
        let channels = memory.channels
        let (mean, meanTail, inverse) = (memory.mean, memory.meanTail, memory.inverseDeviation)
        let size = memory.sumsSize
        memory.forPairs(of: shards, places: places) { rows, sums in
            ColumnChains.run(rows: rows, columns: channels, into: sums) { sum, i, _, _ in sum + dY[i].accumulator }
            ColumnChains.run(rows: rows, columns: channels, into: [sums[0] + size, sums[1] + size]) { sum, i, c, _ in
                let normalized = (x[i] - mean[c] - meanTail[c]) * inverse[c]
                return Scalar.Accumulator.multiplyAdd(dY[i].accumulator, normalized.accumulator, sum)
            }
        }
    }

    /// - Parameter rows: the pass's, over all ranks; nil where the statistics do not depend on the batch.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func setSlopes(
        _ sums: UnsafePointer<Scalar.Accumulator>, rows: Int?, _ memory: BatchNormMemory<Scalar>
    ) {
        let channels = memory.channels
        let gamma = arena.values(gamma)
        let inverseCount = Scalar.Accumulator(rows.map { 1 / Double($0) } ?? 0)
        for c in 0..<channels {
            memory.gradientMean[c] = Scalar(rounding: sums[c] * inverseCount)
            memory.gradientSlope[c] = Scalar(rounding: sums[channels + c] * inverseCount)
            memory.scale[c] = gamma[c] * memory.inverseDeviation[c]
        }
        memory.repeatSlopes()
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ dY: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, rows: Int, _ memory: BatchNormMemory<Scalar>,
        into dX: UnsafeMutablePointer<Scalar>
    ) {
        let (mean, meanTail, inverse) = (memory.mean, memory.meanTail, memory.inverseDeviation)
        let (gradientMean, gradientSlope, scale) = (memory.gradientMean, memory.gradientSlope, memory.scale)
        let count = rows &* memory.channels
        var first = 0
        while first < count {
            let (dy, x, dx) = (dY + first, x + first, dX + first)
            for c in 0..<Swift.min(memory.period, count &- first) {
                let normalized = (x[c] - mean[c] - meanTail[c]) * inverse[c]
                dx[c] = Scalar.multiplyAdd(-normalized, gradientSlope[c], dy[c] - gradientMean[c]) * scale[c]
            }
            first &+= memory.period
        }
    }
}

/// `{batchnorm: {epsilon: 1e-5, momentum: 0.1}}`
public struct BatchNormDescription: LayerDescription {
    public let kind = "batchnorm"
    public let epsilon: Double
    public let momentum: Double

    public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
        require(epsilon > 0 && epsilon.isFinite, "a batchnorm epsilon of \(epsilon); it must be above 0")
        require(momentum >= 0 && momentum <= 1, "a batchnorm momentum of \(momentum); it must be in [0, 1]")
        self.epsilon = epsilon
        self.momentum = momentum
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank > 0 else {
            throw ShapeError(layer: name, expected: "[…, channels]", given: inputShape)
        }
        return BatchNorm(name: name, inputShape: inputShape, epsilon: epsilon, momentum: momentum, arena: arena)
    }
}
