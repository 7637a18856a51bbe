import Storage
import Training

extension RankCase {
    private typealias Draw = @Sendable (inout DrawnNumbers) -> String

    private static let optimizers: [Draw] = [
        { "{sgd: {learningRate: 0.05, weightDecay: \(decay(&$0))}}" },
        { "{momentum: {learningRate: 0.03, weightDecay: \(decay(&$0))}}" },
        { "{nesterov: {learningRate: 0.02, momentum: 0.8, weightDecay: \(decay(&$0))}}" },
        { "{adam: {learningRate: 0.004, weightDecay: \(decay(&$0))}}" },
        { "{adamw: {learningRate: 0.006, beta2: 0.99, weightDecay: \(decay(&$0))}}" },
    ]

    private static let schedules: [Draw] = [
        { _ in "constant" },
        { "{step: {everyEpochs: 1, factor: 0.5, warmUpSteps: \($0.integer(0...3))}}" },
        { "{exponential: {factor: 0.9, warmUpSteps: \($0.integer(0...3))}}" },
        { "{cosine: {final: 0.1, warmUpSteps: \($0.integer(0...3))}}" },
    ]

    /// Every other key that says how a batch is trained on: a line each. A new key is one entry here.
    private static let settings: [Draw] = [
        { draw in
            let shards = draw.integer(1...16)
            let passes = draw.element(of: (1...shards).filter { shards.isMultiple(of: $0) })
            return "shards: \(shards)\naccumulationSteps: \(passes)"
        },
        { "shuffle: \(!$0.once(in: 3))" },
        { "optimizer: \(one(of: optimizers, &$0))" },
        { "schedule: \(one(of: schedules, &$0))" },
        { "gradientClipping: \($0.element(of: ["none", "{norm: 0.3}", "{value: 0.02}"]))" },
        { "epochs: \($0.integer(6...9))" },
        { "seed: \($0.integer(0...1_000_000))" },
        { "augmentation: \($0.element(of: ["none", "{shift: 0}", "{shift: 1}", "{shift: 2}"]))" },
    ]

    /// The case of `seed`, always the same.
    init(seed: UInt64) {
        var draw = DrawnNumbers(seed: seed)
        let batch = draw.once(in: 3) ? draw.integer(1...8) : draw.integer(9...70)
        let dropsLast = draw.once(in: 4)
        let samples = draw.integer((dropsLast ? batch : 1)...120)
        let testSamples = draw.integer(1...60)
        let hasClasses = !draw.once(in: 3)
        // Each kind of layer has its turn, so that a row of seeds misses none.
        let kinds = LayerDrawing.kindNames
        let kind = kinds[Int(seed % UInt64(kinds.count))]
        let pixels =
            hasClasses
            ? SmallData.classes(train: samples, test: testSamples)
            : SmallData.values(train: samples, test: testSamples)
        datasets = LayerDrawing.kinds[kind]!.isFirst ? SmallData.wholeNumbers(pixels) : pixels

        let outputs = hasClasses ? draw.integer(SmallData.classCount...33) : SmallData.valueCount
        // From numbers of their own: a new kind of layer changes nothing else about a case.
        var drawing = LayerDrawing(DrawnNumbers(seed: seed &+ 1 << 41), shape: [SmallData.pixelCount])
        let layers = drawing.network(with: kind, outputs: outputs)
        let loss = hasClasses ? draw.element(of: ["softmaxCrossEntropy", "meanSquaredError"]) : "meanSquaredError"
        let lines = ["network: [\(layers.joined(separator: ", "))]", "loss: \(loss)"]
        let settings = Self.settings.map { $0(&draw) }
        yaml =
            (lines + ["globalBatchSize: \(batch)", "dropLast: \(dropsLast)"] + settings).joined(separator: "\n")

        let stepsPerEpoch = dropsLast ? samples / batch : (samples - 1) / batch + 1
        let first = max(0, stepsPerEpoch - 4)
        steps = first..<(first + 6)
        ranks = [draw.integer(2...4), draw.integer(5...8), draw.integer(9...16)]
        self.seed = seed
    }

    /// The hosts that `ranks` ranks are told they are on: one, or up to three in any order.
    func hostNames(ranks: Int) -> [String] {
        var draw = DrawnNumbers(seed: seed &+ 1 << 40)
        let hosts = draw.integer(1...3)
        return (0..<ranks).map { _ in "host\(draw.integer(1...hosts))" }
    }

    /// The mechanisms with the case's buckets of gradients, where ranks are on several hosts: of a layer each, of several, or one.
    func cut(_ mechanisms: Mechanisms) -> Mechanisms {
        var draw = DrawnNumbers(seed: seed &+ 1 << 42)
        var mechanisms = mechanisms
        mechanisms.bucketBytes = draw.element(of: [1, 1000, nil])
        return mechanisms
    }

    private static func one(of draws: [Draw], _ draw: inout DrawnNumbers) -> String { draw.element(of: draws)(&draw) }

    private static func decay(_ draw: inout DrawnNumbers) -> String { draw.element(of: ["0", "0.01", "0.1"]) }
}
