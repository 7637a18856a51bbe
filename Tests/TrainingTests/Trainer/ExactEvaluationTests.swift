import Distributed
import Storage
import Testing
import Training

/// Each test sample is evaluated exactly once, whatever the number of samples and ranks: no rank rounds up its share.
@Suite struct ExactEvaluationTests {
    /// What one rank saw, and what it was told.
    private struct Part: Sendable {
        let indices: [UInt32]
        let correct: Int
        let lossSum: Double
        let evaluation: Evaluation
    }

    private func parts(_ datasets: Datasets, ranks: Int) throws -> [Part] {
        guard case .classes(let labels) = datasets.test.targets else { preconditionFailure("classes, here") }
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let yaml = "network: [{linear: 8}, batchnorm, relu, {dropout: 0.2}, {linear: 4}]\nglobalBatchSize: 64"
            let trainer = try Trainer(
                Configuration(yaml: yaml), datasets: datasets, communicator: communicator)
            // So that some are right and some are wrong.
            for step in 0..<3 { _ = trainer.step(step) }
            let seen = SeenSamples(layerCount: trainer.network.layers.count, labels: labels)
            trainer.network.observer = seen
            let evaluation = trainer.evaluator.evaluate()
            return Part(
                indices: seen.indices, correct: seen.correct, lossSum: seen.lossSum, evaluation: evaluation)
        }
    }

    @Test(arguments: [1, 7, 101, 1_000])
    func eachSampleCountsOnce(samples: Int) throws {
        let datasets = SmallData.classes(train: 103, test: samples)
        let one = try parts(datasets, ranks: 1)[0]
        #expect(samples < 100 || (one.correct > 0 && one.correct < samples), "\(one.correct)")
        for ranks in 1...8 {
            let parts = try parts(datasets, ranks: ranks)
            #expect(parts.flatMap(\.indices).sorted() == (0..<UInt32(samples)).map { $0 }, "\(ranks) ranks")
            for evaluation in parts.map(\.evaluation) {
                #expect(evaluation == one.evaluation, "\(ranks) ranks")
                #expect(evaluation.samples == samples)
                #expect(evaluation.correct == parts.map(\.correct).reduce(0, +), "\(ranks) ranks")
                let mean = parts.map(\.lossSum).reduce(0, +) / Double(samples)
                #expect(abs(evaluation.loss - mean) < 1e-6 * mean, "\(ranks) ranks")
            }
        }
    }
}
