import Core
import Yams

extension Configuration {
    /// The optimizer where none is given.
    static let defaultOptimizer = "momentum"

    /// For each kind of gradient clipping, the key that a plain value stands for.
    static let clippingShorthands: [String: String?] = ["none": nil, "norm": "maximum", "value": "maximum"]

    /// For each answer to a step that is no number, the key that a plain value stands for.
    static let nonFiniteShorthands: [String: String?] = ["stop": nil, "skip": "consecutive", "rollback": "factor"]
}

extension ConfigurationReader {
    /// `sgd`, `momentum`, `nesterov`, `adam` or `adamw`, each with its learning rate.
    mutating func optimizer() throws(ConfigurationError) -> any OptimizerDescription {
        try variant(
            "optimizer", default: Node(Configuration.defaultOptimizer),
            shorthands: ["sgd": nil, "momentum": nil, "nesterov": nil, "adam": nil, "adamw": nil]
        ) { kind, reader throws(ConfigurationError) in
            switch kind {
            case "sgd":
                SGDDescription(
                    learningRate: try reader.learningRate(0.05), weightDecay: try reader.notNegative("weightDecay", 0))
            case "momentum":
                MomentumDescription(
                    learningRate: try reader.learningRate(0.05), momentum: try reader.fraction("momentum", 0.9),
                    weightDecay: try reader.notNegative("weightDecay", 0))
            case "nesterov":
                NesterovDescription(
                    learningRate: try reader.learningRate(0.05),
                    momentum: try reader.number("momentum", default: 0.9, "a number between 0 and 1") {
                        $0 > 0 && $0 < 1
                    },
                    weightDecay: try reader.notNegative("weightDecay", 0))
            case "adam":
                AdamDescription(
                    learningRate: try reader.learningRate(0.001), beta1: try reader.fraction("beta1", 0.9),
                    beta2: try reader.fraction("beta2", 0.999), epsilon: try reader.epsilon(default: 1e-8),
                    weightDecay: try reader.notNegative("weightDecay", 0))
            default:
                AdamWDescription(
                    learningRate: try reader.learningRate(0.001), beta1: try reader.fraction("beta1", 0.9),
                    beta2: try reader.fraction("beta2", 0.999), epsilon: try reader.epsilon(default: 1e-8),
                    weightDecay: try reader.notNegative("weightDecay", 0.01))
            }
        }
    }

    /// `constant`, `step`, `exponential` or `cosine`, any of them after a linear warm-up.
    mutating func schedule() throws(ConfigurationError) -> any Schedule {
        try variant(
            "schedule", default: "constant",
            shorthands: ["constant": nil, "step": nil, "exponential": nil, "cosine": nil]
        ) { kind, reader throws(ConfigurationError) in
            let schedule: any Schedule =
                switch kind {
                case "constant": ConstantSchedule()
                case "step":
                    StepSchedule(
                        everyEpochs: try reader.integer("everyEpochs", in: 1...Int(Int32.max)),
                        factor: try reader.positive("factor", 0.1))
                case "exponential": ExponentialSchedule(factor: try reader.positive("factor", 0.95))
                default:
                    CosineSchedule(
                        final: try reader.number("final", default: 0, "a number from 0 to 1") { (0...1).contains($0) })
                }
            let warmUp = try reader.integer("warmUpSteps", default: 0, in: 0...Int(Int32.max))
            return warmUp == 0 ? schedule : WarmUpSchedule(steps: warmUp, then: schedule)
        }
    }

    /// `none`, `{norm: 1}` or `{value: 0.5}`.
    mutating func gradientClipping() throws(ConfigurationError) -> GradientClipping {
        try variant("gradientClipping", default: "none", shorthands: Configuration.clippingShorthands) {
            kind, reader throws(ConfigurationError) in
            switch kind {
            case "norm": .norm(try reader.positive("maximum"))
            case "value": .value(try reader.positive("maximum"))
            default: .none
            }
        }
    }

    /// The passes in which a batch of `shards` shards is taken.
    mutating func accumulationSteps(shards: Int) throws(ConfigurationError) -> Int {
        let steps = try integer("accumulationSteps", default: 1, in: 1...65_536)
        guard shards % steps == 0 else {
            let divisors = (1...shards).filter { shards % $0 == 0 }.map(String.init).joined(separator: ", ")
            throw error(
                "accumulationSteps",
                "\(steps) does not divide shards, which is \(shards), into equal parts; take one of \(divisors), or "
                    + "another number of shards (another result)")
        }
        return steps
    }

    /// `stop`, `{skip: 10}` or `{rollback: {factor: 0.5, maximum: 3}}`.
    mutating func nonFinite() throws(ConfigurationError) -> NonFinitePolicy {
        try variant("nonFinite", default: "stop", shorthands: Configuration.nonFiniteShorthands) {
            kind, reader throws(ConfigurationError) in
            switch kind {
            case "skip": .skip(consecutive: try reader.integer("consecutive", default: 10, in: 1...Int(Int32.max)))
            case "rollback":
                .rollback(
                    factor: try reader.number("factor", default: 0.5, "a number between 0 and 1") { $0 > 0 && $0 < 1 },
                    maximum: try reader.integer("maximum", default: 3, in: 1...Int(Int32.max)))
            default: .stop
            }
        }
    }

    /// How finely histograms cut an octave.
    mutating func subdivisions() throws(ConfigurationError) -> Int {
        Int(try choice("subdivisions", default: "1", of: ["1", "2", "4"]))!
    }

    private mutating func learningRate(_ fallback: Double) throws(ConfigurationError) -> Double {
        try positive("learningRate", fallback)
    }

    private mutating func positive(_ key: String, _ fallback: Double? = nil) throws(ConfigurationError) -> Double {
        try number(key, default: fallback, "a positive number") { $0 > 0 }
    }

    private mutating func notNegative(_ key: String, _ fallback: Double) throws(ConfigurationError) -> Double {
        try number(key, default: fallback, "a number of at least 0") { $0 >= 0 }
    }

    private mutating func fraction(_ key: String, _ fallback: Double) throws(ConfigurationError) -> Double {
        try number(key, default: fallback, "a number from 0 up to but not including 1") { $0 >= 0 && $0 < 1 }
    }
}
