import Core
import Distributed
import Glibc
import Storage
import Testing
import Training

/// Training on a text: a class at each place of each window.
@Suite struct TextTrainingTests {
    /// Counts right places and adds up losses of inference by itself, from the text.
    private final class SeenPlaces: PassObserver {
        private(set) var correct = 0
        /// The sum over windows of the mean over places of −log softmax, by the C library's functions.
        private(set) var lossSum = 0.0
        private let last: Int

        init(layerCount: Int) { last = layerCount - 1 }

        func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
            guard case .inference = context.mode, index == last else { return }
            for (row, sample) in context.sampleIndices.enumerated() {
                for place in 0..<12 {
                    let outputs = (0..<256).map { Double(output.row(row)[place * 256 + $0]) }
                    // A quarter of 900 bytes, every fifth of which begins a window.
                    let next = Int(SmallText.bytes[675 + 5 * Int(sample) + place + 1])
                    if outputs.firstIndex(of: outputs.max()!) == next { correct += 1 }
                    lossSum += (log(outputs.map { exp($0) }.reduce(0, +)) - outputs[next]) / 12
                }
            }
        }

        func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {}

        func didBackward(
            layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
            context: PassContext
        ) {}
    }

    /// What one rank saw, and what it was told.
    private struct Part: Sendable {
        let correct: Int
        let lossSum: Double
        let evaluation: Evaluation
        let last: StepResult
    }

    private func parts(ranks: Int, steps: Int) throws -> [Part] {
        let configuration = try Configuration(yaml: SmallText.yaml)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(configuration, datasets: SmallText.datasets, communicator: communicator)
            var last: StepResult?
            for step in 0..<steps { last = trainer.step(step) }
            let seen = SeenPlaces(layerCount: trainer.network.layers.count)
            trainer.network.observer = seen
            let evaluation = trainer.evaluator.evaluate()
            return Part(correct: seen.correct, lossSum: seen.lossSum, evaluation: evaluation, last: last!)
        }
    }

    /// Each place of each window for validation counts once, whatever the number of ranks.
    @Test(arguments: [1, 2, 5])
    func everyPlaceCountsOnce(ranks: Int) throws {
        let parts = try parts(ranks: ranks, steps: 40)
        for part in parts {
            let evaluation = part.evaluation
            #expect(evaluation.samples == 43 && evaluation.places == 43 * 12)
            #expect(evaluation.correct == parts.map(\.correct).reduce(0, +))
            #expect(evaluation.accuracy == Double(evaluation.correct) / (43 * 12))
            let mean = parts.map(\.lossSum).reduce(0, +) / 43
            #expect(abs(evaluation.loss - mean) < 1e-6 * mean)
            // 32 samples a batch, but for the last of each epoch.
            #expect(part.last.samples == 5 && part.last.places == 60)
            #expect(part.last.accuracy == Double(part.last.correct) / 60)
        }
    }

    /// Better than anything that does not look at its input: the entropy of the bytes to come, and the share of the most
    /// frequent of them, are the best that can have.
    @Test func itLearns() throws {
        let evaluation = try parts(ranks: 1, steps: 150)[0].evaluation
        var counts: [UInt8: Double] = [:]
        for window in 0..<43 {
            for place in 1...12 { counts[SmallText.bytes[675 + 5 * window + place], default: 0] += 1 }
        }
        let shares = counts.values.map { $0 / Double(evaluation.places) }
        let entropy = shares.reduce(0) { $0 - $1 * log($1) }
        #expect(evaluation.accuracy > shares.max()! && evaluation.loss < entropy, "\(evaluation), \(entropy)")
    }
}
