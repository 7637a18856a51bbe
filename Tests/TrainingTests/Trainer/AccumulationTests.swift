import AllreduceBaseline
import Core
import Distributed
import Storage
import Testing
import Training

/// A batch taken in several passes is the batch.
@Suite struct AccumulationTests {
    /// Losses and norms of every step, the evaluation after them, and every bit of the state. The checkpoint's digest will not
    /// do: it covers the configuration too.
    private struct Outcome: Equatable, Sendable {
        var losses: [Double] = []
        var correct: [Int] = []
        var gradientNorms: [Double] = []
        var evaluation: Evaluation?
        var parameters: [UInt32] = []
        var optimizer: [[UInt32]] = []
        var buffers: [UInt32] = []
    }

    /// Dropout on. In batches of 29 rows the last has 16.
    private static let layers = "network: [{linear: 9}, relu, {dropout: 0.25}, {linear: 7}, tanh, {linear: 4}]"
    private static let normalized = "network: [{linear: 9}, batchnorm, relu, {dropout: 0.25}, {linear: 4}]"

    private static func train(
        _ yaml: String, shards: Int = 8, passes: Int, ranks: Int = 1, datasets: Datasets = SmallData.datasets,
        mechanisms: Mechanisms = Mechanisms()
    ) throws -> Outcome {
        let configuration = try Configuration(
            yaml: "\(yaml)\nepochs: 2\nshards: \(shards)\naccumulationSteps: \(passes)"
                + (yaml.contains("globalBatchSize") ? "" : "\nglobalBatchSize: 29"))
        let outcomes = try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(
                configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms)
            var outcome = Outcome()
            for step in 0..<(2 * trainer.sampler.stepsPerEpoch) {
                let result = trainer.step(step)
                outcome.losses.append(result.loss)
                outcome.correct.append(result.correct)
                outcome.gradientNorms.append(result.gradientNorm)
            }
            outcome.evaluation = trainer.evaluator.evaluate()
            let arena = trainer.network.arena
            outcome.parameters = (0..<arena.storageCount).map { arena.values[$0].bitPattern }
            outcome.buffers = (0..<arena.bufferStorageCount).map { arena.bufferValues[$0].bitPattern }
            let isRoot = communicator.rank == 0
            for slot in trainer.optimizer.slotNames.indices {
                let whole = AlignedBuffer<Float>(count: isRoot ? arena.storageCount : 0)
                trainer.reduction.gather(trainer.optimizer.slot(slot), into: isRoot ? whole.base : nil)
                outcome.optimizer.append(whole.elements.map(\.bitPattern))
            }
            return outcome
        }
        // What every rank has is the same on all; the optimizer's state was gathered at rank 0.
        for var outcome in outcomes {
            outcome.optimizer = outcomes[0].optimizer
            #expect(outcome == outcomes[0])
        }
        return outcomes[0]
    }

    @Test(arguments: [1, 2, 4, 8], [1, 2, 3, 5])
    func anyNumberOfPassesGivesTheSameBits(passes: Int, ranks: Int) throws {
        let whole = try Self.train(Self.layers, passes: 1)
        #expect(whole.losses.last! < whole.losses.first!)
        #expect(try Self.train(Self.layers, passes: passes, ranks: ranks) == whole)
    }

    /// Passes that are no subtrees, and passes of one shard; fewer rows than shards in the last batch.
    @Test(arguments: [(12, 2), (12, 3), (12, 4), (12, 6), (7, 7), (20, 4)])
    func passesNeedNotBeSubtrees(shards: Int, passes: Int) throws {
        let yaml = Self.layers + "\nglobalBatchSize: 24"
        let whole = try Self.train(yaml, shards: shards, passes: 1)
        for ranks in [1, 2, 3, 5] {
            #expect(try Self.train(yaml, shards: shards, passes: passes, ranks: ranks) == whole, "\(ranks) ranks")
        }
    }

    @Test(arguments: ["sgd", "momentum", "nesterov", "adam", "adamw"])
    func everyOptimizerGivesTheSameBits(optimizer: String) throws {
        let yaml =
            Self.layers + "\noptimizer: {\(optimizer): {weightDecay: 0.01}}\ngradientClipping: {norm: 0.5}\n"
            + "schedule: {cosine: {warmUpSteps: 3}}"
        #expect(try Self.train(yaml, passes: 4, ranks: 3) == Self.train(yaml, passes: 1))
    }

    @Test func aRegressionGivesTheSameBits() throws {
        let yaml = "network: [{linear: 6}, tanh, {linear: 2}]\nloss: meanSquaredError"
        let whole = try Self.train(yaml, passes: 1, datasets: SmallData.values(train: 103, test: 31))
        #expect(try Self.train(yaml, passes: 4, ranks: 3, datasets: SmallData.values(train: 103, test: 31)) == whole)
    }

    /// Batchnorm normalises by the pass: another result, and the same one at every number of ranks. The last batch of 1 row
    /// leaves all passes but one without rows.
    @Test(arguments: [29, 34])
    func batchnormIsThatOfThePass(globalBatchSize: Int) throws {
        let yaml = Self.normalized + "\nglobalBatchSize: \(globalBatchSize)"
        let whole = try Self.train(yaml, passes: 1)
        let two = try Self.train(yaml, passes: 2)
        #expect(two.losses.allSatisfy { $0.isFinite })
        #expect(two.parameters != whole.parameters && two.buffers != whole.buffers)
        for ranks in [2, 3, 5, 11] { #expect(try Self.train(yaml, passes: 2, ranks: ranks) == two, "\(ranks) ranks") }
    }

    /// The memory of a pass falls with their number.
    @Test func aPassIsAsSmallAsItsShards() {
        func rows(_ passes: Int) -> Int {
            ShardAssignment(shards: 8, passes: passes, hostNames: ["h"]).limits(of: 0, globalBatchSize: 256).rows
        }
        #expect([1, 2, 4, 8].map(rows) == [256, 128, 64, 32])
    }

    /// Negative control: passes added one after the other give other bits.
    @Test func addingPassesInOrderIsCaught() throws {
        var inOrder = Mechanisms()
        inOrder.sharesParameters = false
        inOrder.gradientReduction = { communicator, memory, blocks, assignment in
            AllreduceReduction(
                communicator: communicator, memory: memory, blocks: blocks, assignment: assignment)
        }
        let whole = try Self.train(Self.layers, passes: 1)
        let added = try Self.train(Self.layers, passes: 4, mechanisms: inOrder)
        #expect(added.parameters != whole.parameters)
        #expect(abs(added.losses.last! - whole.losses.last!) < 1e-3)
    }
}
