import Storage

extension RankCase {
    private typealias Draw = @Sendable (inout DrawnNumbers) -> String

    /// The layers that a case may have, and whether their output is as wide as their input. A new kind is one entry here.
    private static let layerKinds: [(keepsShape: Bool, draw: Draw)] = [
        (
            false,
            {
                "{linear: {outputs: \(width(&$0)), bias: \(!$0.once(in: 4)), initializer: \($0.element(of: ["he", "glorot", "{normal: 0.2}"]))}}"
            }
        ),
        (false, attention),
        (true, { _ in "relu" }),
        (true, { _ in "tanh" }),
        (true, { _ in "sigmoid" }),
        (true, { _ in "softmax" }),
        (true, { _ in "silu" }),
        (true, { "{gelu: {approximation: \($0.element(of: ["none", "tanh"]))}}" }),
        (true, { _ in "layernorm" }),
        (
            false,
            {
                let (places, channels) = ($0.integer(2...4), $0.integer(1...5))
                return
                    "{sequence: [{linear: \(places * channels)}, {reshape: [\(places), \(channels)]}, batchnorm, flatten]}"
            }
        ),
        (true, { "{batchnorm: {momentum: \($0.element(of: ["0.1", "0.5", "1"]))}}" }),
        (false, images),
        (true, { "{dropout: \($0.element(of: ["0.1", "0.3", "0.7"]))}" }),
        (
            false,
            {
                "{sequence: [{linear: 12}, {reshape: [\($0.element(of: ["12, 1", "4, 3", "1, 12"]))]}, {lstm: \($0.integer(1...9))}, {lstm: {outputs: \($0.integer(1...33)), returns: last}}]}"
            }
        ),
    ]

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
    ]

    /// The case of `seed`, always the same.
    init(seed: UInt64) {
        var draw = DrawnNumbers(seed: seed)
        let batch = draw.once(in: 3) ? draw.integer(1...8) : draw.integer(9...70)
        let dropsLast = draw.once(in: 4)
        let samples = draw.integer((dropsLast ? batch : 1)...120)
        let testSamples = draw.integer(1...60)
        let hasClasses = !draw.once(in: 3)
        datasets =
            hasClasses
            ? SmallData.classes(train: samples, test: testSamples)
            : SmallData.values(train: samples, test: testSamples)

        var layers: [String] = []
        for _ in 0..<draw.integer(0...4) { layers.append(draw.element(of: Self.layerKinds).draw(&draw)) }
        layers.append("{linear: \(hasClasses ? draw.integer(SmallData.classCount...33) : SmallData.valueCount)}")
        if draw.once(in: 4) { layers.append(draw.element(of: Self.layerKinds.filter(\.keepsShape)).draw(&draw)) }
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

    /// Now and then one whose weights are several blocks of 1,024.
    private static func width(_ draw: inout DrawnNumbers) -> Int {
        draw.once(in: 5) ? draw.integer(90...130) : draw.integer(1...33)
    }

    /// A sequence of steps, in one head or in several, taken apart again.
    private static func attention(_ draw: inout DrawnNumbers) -> String {
        let (steps, heads) = (draw.integer(1...20), draw.integer(1...3))
        let features = heads * draw.integer(1...4)
        let options =
            "causal: \(draw.once(in: 2)), dropout: \(draw.element(of: ["0", "0.3"]))"
        let kind =
            switch draw.integer(1...3) {
            case 1: "{attention: {width: \(draw.integer(1...17)), bias: \(!draw.once(in: 4)), \(options)}}"
            case 2: "{multiHeadAttention: {heads: \(heads), bias: \(!draw.once(in: 4)), \(options)}}"
            default: "{transformerBlock: {heads: \(heads), hidden: \(draw.integer(1...17)), \(options)}}"
            }
        return
            "{sequence: [{linear: \(steps * features)}, {reshape: [\(steps), \(features)]}, \(kind), flatten]}"
    }

    /// Whatever comes before, as small images: convolved, alone or beside a shortcut, and pooled.
    private static func images(_ draw: inout DrawnNumbers) -> String {
        let (height, width, channels) = (draw.integer(2...5), draw.integer(2...5), draw.integer(1...5))
        let (outputs, kernel, stride) = (draw.integer(1...20), draw.element(of: [1, 3]), draw.integer(1...2))
        let convolution = """
            {convolution: {outputs: \(outputs), kernel: \(kernel), stride: \(stride), padding: \(kernel / 2), \
            bias: \(!draw.once(in: 4))}}
            """
        let shortcut = "{convolution: {outputs: \(outputs), kernel: 1, stride: \(stride)}}"
        let convolved =
            draw.once(in: 3) ? "{residual: {layers: [\(convolution)], shortcut: [\(shortcut)]}}" : convolution
        // Two rows are left of more than `stride`.
        let pool = height > stride ? "{maxpool: {kernel: [2, 1], stride: [1, 2]}}" : "relu"
        let end = draw.element(of: ["flatten", "globalAveragePool"])
        return """
            {linear: \(height * width * channels)}, {reshape: [\(height), \(width), \(channels)]}, \(convolved), \
            \(pool), \(end)
            """
    }

    private static func one(of draws: [Draw], _ draw: inout DrawnNumbers) -> String { draw.element(of: draws)(&draw) }

    private static func decay(_ draw: inout DrawnNumbers) -> String { draw.element(of: ["0", "0.01", "0.1"]) }
}
