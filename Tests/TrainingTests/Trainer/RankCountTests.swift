import Core
import Distributed
import Storage
import Testing
import Training

/// The number of ranks changes the speed and nothing else: the cases that matter most, chosen by hand.
/// `RankPropertyTests` draws others.
@Suite struct RankCountTests {
    private func same(_ yaml: String, ranks: Int, datasets: Datasets = SmallData.datasets) throws {
        let drawn = RankCase(seed: 0, yaml: yaml, datasets: datasets, steps: 0..<12, ranks: [ranks])
        let found = try RankPropertyTests.differences(drawn, ranks: ranks)
        #expect(found == [], "\(drawn)")
    }

    /// Every kind of layer, at the default number of shards and at as many as there are ranks at most.
    @Test(arguments: [2, 3, 4, 5, 7, 8, 16], [8, 16])
    func everyNumberOfRanksGivesTheSameBits(ranks: Int, shards: Int) throws {
        try same(SmallData.yaml + "\nshards: \(shards)", ranks: ranks)
    }

    @Test(arguments: ["sgd", "momentum", "nesterov", "adam", "adamw"])
    func everyOptimizerGivesTheSameBits(optimizer: String) throws {
        try same(
            SmallData.yaml + "\noptimizer: {\(optimizer): {weightDecay: 0.01}}\ngradientClipping: {norm: 0.5}\n"
                + "schedule: {cosine: {warmUpSteps: 3}}\nshards: 5", ranks: 3)
    }

    /// Targets that are values, not classes; more ranks than rows in the last batch.
    @Test func aRegressionGivesTheSameBits() throws {
        let yaml = "network: [{linear: 6}, tanh, {linear: 2}]\nloss: meanSquaredError\nglobalBatchSize: 33"
        try same(yaml, ranks: 6, datasets: SmallData.values(train: 103, test: 31))
    }

    /// A class at each place of a sample, in windows that overlap.
    @Test(arguments: ["softmaxCrossEntropy", "meanSquaredError"], [2, 3, 7, 8])
    func aTextGivesTheSameBits(loss: String, ranks: Int) throws {
        try same(SmallText.yaml + "\nloss: \(loss)\nshards: 11", ranks: ranks, datasets: SmallText.datasets)
    }

    /// The comparison can fail.
    @Test func anotherSeedOrNumberOfShardsGivesOtherBits() throws {
        func outcome(_ key: String) throws -> RankOutcome {
            try RankOutcome(
                RankCase(
                    seed: 0, yaml: SmallData.yaml + key, datasets: SmallData.datasets, steps: 0..<12, ranks: []),
                communicator: SingleCommunicator())
        }
        let one = try outcome("")
        #expect(try outcome("") == one)
        #expect(one.losses.last! < one.losses.first!)
        // Not the digest: it covers the configuration, and so would differ whatever was computed.
        #expect(try outcome("\nseed: 2").differences(from: one).contains("parameters or buffers in memory"))
        #expect(try outcome("\nshards: 4").differences(from: one).contains("parameters or buffers in memory"))
    }
}
