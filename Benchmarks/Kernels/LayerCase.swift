import Core

/// One pass of a layer, of a loss or of an optimizer over a [rows, width] matrix: what it reads and writes, and how fast.
struct LayerCase {
    let name: String
    let rows: Int
    let width: Int
    /// The bytes that one pass has to read and write at least, as `dtrain bench` counts them, without parameters.
    private let bytes: Int
    private let run: () -> Void

    private static let shards = 8

    /// The name with the matrix's extents.
    var title: String { "\(name) \(rows)×\(width)" }

    /// In the second-level cache, and in none.
    static var all: [LayerCase] {
        [(64, 256), (4096, 1024)].flatMap { rows, width in
            layers(rows: rows, width: width) + losses(rows: rows, width: width) + updates(rows: rows, width: width)
        }
    }

    private static func layers(rows: Int, width: Int) -> [LayerCase] {
        let kinds: [(String, any LayerDescription)] = [
            ("relu", ReLUDescription()), ("tanh", TanhDescription()), ("gelu", GELUDescription()),
            ("gelu tanh", GELUDescription(approximation: .tanh)), ("softmax", SoftmaxDescription()),
            ("layernorm", LayerNormDescription()), ("batchnorm", BatchNormDescription()),
            ("dropout", DropoutDescription(rate: 0.2)),
        ]
        return kinds.flatMap { name, description in
            let network = try! Network<Float>(
                [NamedLayer(name: "layer", description: description)], inputShape: [width])
            network.arena.seal(rootCount: 1)
            network.arena.initialize(seed: 1)
            network.prepare(limits: PassLimits(rows: rows, shards: shards, roots: 1))
            let input = matrix(rows: rows, width: width)
            let gradient = matrix(rows: rows, width: width)
            let context = context(rows: rows)
            _ = network.forward(input, context: context)
            let outputGradient = network.outputGradient(rows: rows)
            for i in 0..<outputGradient.count { outputGradient.base[i] = Float(i % 17) / 8 - 1 }
            let operands = network.layers[0].backwardOperandCount
            return [
                LayerCase(name: "\(name) forward", rows: rows, width: width, bytes: 4 * rows * 2 * width) {
                    _ = network.forward(input, context: context)
                },
                LayerCase(name: "\(name) backward", rows: rows, width: width, bytes: 4 * rows * (2 * width + operands))
                { network.backward(into: gradient, rows: rows, context: context) },
            ]
        }
    }

    private static func losses(rows: Int, width: Int) -> [LayerCase] {
        let classes = AlignedBuffer<Int32>(count: rows)
        for n in 0..<rows { classes[n] = Int32(n % width) }
        let values = matrix(rows: rows, width: width)
        let kinds: [(String, any LossDescription, Targets<Float>)] = [
            ("squared error", MeanSquaredErrorDescription(), .values(values.base)),
            ("cross-entropy", SoftmaxCrossEntropyDescription(), .classes(classes.base)),
        ]
        return kinds.flatMap { name, description, targets in
            let loss = try! description.makeLoss(outputShape: [width], scalar: Float.self)
            loss.prepare(limits: PassLimits(rows: rows, shards: shards, roots: 1))
            let predictions = matrix(rows: rows, width: width)
            let gradient = matrix(rows: rows, width: width)
            let context = context(rows: rows)
            let operands = name == "squared error" ? 3 : 2
            return [
                LayerCase(
                    name: "\(name) forward", rows: rows, width: width, bytes: 4 * rows * width * operands
                ) {
                    withExtendedLifetime(classes) {
                        loss.forward(predictions, targets: targets, context: context)
                        _ = loss.metrics(context)
                    }
                },
                LayerCase(name: "\(name) backward", rows: rows, width: width, bytes: 4 * rows * width * 2) {
                    loss.backward(into: gradient, context: context)
                },
            ]
        }
    }

    private static func updates(rows: Int, width: Int) -> [LayerCase] {
        let count = rows * width
        let values = matrix(rows: rows, width: width)
        let gradients = matrix(rows: rows, width: width)
        let slots = [matrix(rows: rows, width: width).base, matrix(rows: rows, width: width).base]
        for i in 0..<count { slots[1][i] = 0.01 }
        let pointers = UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>.allocate(capacity: 2)
        _ = pointers.initialize(from: slots)
        let kinds: [(String, any OptimizerDescription, Int)] = [
            ("momentum", MomentumDescription(), 5), ("adam", AdamDescription(), 7),
        ]
        var cases = kinds.map { name, description, operands in
            let optimizer = description.makeOptimizer(Float.self)
            return LayerCase(name: "\(name) step", rows: rows, width: width, bytes: 4 * count * operands) {
                optimizer.update(
                    values: values.base, gradients: gradients.base, slots: UnsafeBufferPointer(pointers), count: count,
                    decays: false, learningRate: 1e-6, update: 5)
            }
        }
        let sums = AlignedBuffer<Float>(count: width)
        cases.append(
            LayerCase(name: "bias sums", rows: rows, width: width, bytes: 4 * count) {
                for first in stride(from: 0, to: rows, by: rows / shards) {
                    RowReduction.sumRows(
                        gradients.base, first..<(first + rows / shards), width: width, into: sums.base)
                }
            })
        let bins = HistogramBins()
        let counts = AlignedBuffer<UInt64>(count: bins.storageCount)
        cases.append(
            LayerCase(name: "histogram", rows: rows, width: width, bytes: 4 * count) {
                bins.add(gradients.base, count: count, into: counts.base)
            })
        return cases
    }

    private static func context(rows: Int) -> PassContext {
        PassContext(
            mode: .training, seed: 1, step: 0, globalRows: rows, firstPosition: 0,
            shards: ShardLayout(rows: rows, shards: shards), batchReduction: SingleBatchReduction())
    }

    /// A matrix that lives as long as the program.
    private static func matrix(rows: Int, width: Int) -> TensorView<Float> {
        let buffer = Unmanaged.passRetained(AlignedBuffer<Float>(count: rows * width)).takeUnretainedValue()
        for i in 0..<buffer.count { buffer.base[i] = Float((i &* 7919) % 2003) / 500 - 2 }
        return TensorView(base: buffer.base, rows: rows, sampleShape: [width])
    }

    func measure(repeats: Int) -> LayerResult {
        let calls = max(1, 500_000 / (rows * width))
        run()
        let times = (0..<min(repeats, rows * width > 1 << 20 ? 15 : repeats)).map { _ in
            Stopwatch.nanoseconds { for _ in 0..<calls { run() } } / Double(calls)
        }
        return LayerResult(
            name: title, nanoseconds: times.median / Double(rows * width),
            gigabytesPerSecond: Double(bytes) / times.median)
    }
}

/// The time of one element, and the rate at which memory is read and written.
struct LayerResult {
    let name: String
    let nanoseconds: Double
    let gigabytesPerSecond: Double
}
