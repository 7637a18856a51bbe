import Core
import Storage

/// Files whose contents follow from a number, so that a reader knows what should be in them.
enum Contents {
    /// Noise, which no compression shrinks.
    static func values(_ count: Int, _ number: Int) -> [Float] {
        var state = UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(state >> 40) / Float(1 << 24)
        }
    }

    static func checkpoint(step: Int, number: Int, count: Int) -> Checkpoint {
        Checkpoint(
            step: step, epoch: number, position: 0, config: "number: \(number)\n",
            parameters: [.init(name: "linear1/weight", shape: [count], values: values(count, number))],
            optimizer: [
                .init(
                    name: "velocity",
                    tensors: [.init(name: "linear1/weight", shape: [count], values: values(count, number + 1))])
            ],
            state: [.init(name: "number", value: .integers([Int64(number)]))])
    }

    /// A history of `number` steps.
    static func history(number: Int) -> RunHistory {
        var history = RunHistory(
            config: "number: \(number)\n", seed: UInt64(number), shards: 8, parameterCount: 0, phases: ["forward"],
            histograms: HistogramTable(bins: HistogramBins(), parameters: ["linear1/weight"]))
        for step in 1...max(1, number) {
            history.steps.append(
                .init(
                    step: step, loss: Double(number * step), learningRate: 0.1, gradientNorm: 1, samples: 256,
                    status: .ok))
        }
        return history
    }
}
