import Core
import Distributed
import Storage
import Testing
import Training

/// The number of ranks changes the speed and nothing else.
@Suite struct RankCountTests {
    /// Losses of every step, the evaluation after them, and the digest of the state.
    struct Outcome: Equatable, Sendable {
        var losses: [Double] = []
        var gradientNorms: [Double] = []
        var evaluation: Evaluation?
        var digest: String?
    }

    private static func train(
        _ yaml: String, ranks: Int, steps: Int = 12, datasets: Datasets = SmallData.datasets,
        mechanisms: Mechanisms = Mechanisms()
    ) throws -> Outcome {
        let configuration = try Configuration(yaml: yaml)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(
                configuration, datasets: datasets, communicator: communicator, mechanisms: mechanisms)
            var outcome = Outcome()
            for step in 0..<steps {
                let result = trainer.step(step)
                outcome.losses.append(result.loss)
                outcome.gradientNorms.append(result.gradientNorm)
            }
            outcome.evaluation = trainer.evaluator.evaluate()
            outcome.digest = trainer.digest(step: steps)
            return outcome
        }[0]
    }

    @Test(arguments: [2, 3, 4, 5, 7, 8, 11])
    func everyNumberOfRanksGivesTheSameBits(ranks: Int) throws {
        let one = try Self.train(SmallData.yaml, ranks: 1)
        #expect(try Self.train(SmallData.yaml, ranks: ranks) == one)
    }

    @Test(arguments: ["sgd", "momentum", "nesterov", "adam", "adamw"])
    func everyOptimizerGivesTheSameBits(optimizer: String) throws {
        let yaml =
            SmallData.yaml + "\noptimizer: {\(optimizer): {weightDecay: 0.01}}\ngradientClipping: {norm: 0.5}\n"
            + "schedule: {cosine: {warmUpSteps: 3}}\nshards: 5"
        #expect(try Self.train(yaml, ranks: 3) == Self.train(yaml, ranks: 1))
    }

    /// Targets that are values, not classes; more ranks than rows in the last batch.
    @Test func aRegressionGivesTheSameBits() throws {
        let yaml = "network: [{linear: 6}, tanh, {linear: 2}]\nloss: meanSquaredError\nglobalBatchSize: 33"
        let one = try Self.train(yaml, ranks: 1, datasets: SmallData.regression)
        #expect(one.losses.last! < one.losses.first!)
        #expect(one.evaluation?.correct == 0)
        #expect(try Self.train(yaml, ranks: 6, datasets: SmallData.regression) == one)
    }

    @Test func anotherSeedOrNumberOfShardsGivesOtherBits() throws {
        let digest = try Self.train(SmallData.yaml, ranks: 1).digest
        #expect(try Self.train(SmallData.yaml + "\nseed: 2", ranks: 1).digest != digest)
        #expect(try Self.train(SmallData.yaml + "\nshards: 4", ranks: 1).digest != digest)
    }

    /// Negative control: summed rank by rank, without the tree, the bits depend on the number of ranks.
    @Test func plainSummationIsCaught() throws {
        var plain = Mechanisms()
        plain.gradientReduction = { communicator, arena, blocks, _ in PlainReduction(communicator, arena, blocks) }
        let one = try Self.train(SmallData.yaml, ranks: 1, mechanisms: plain)
        let three = try Self.train(SmallData.yaml, ranks: 3, mechanisms: plain)
        #expect(three.digest != one.digest)
        #expect(abs(three.losses.last! - one.losses.last!) < 1e-3)
    }
}

/// What other trainers do: each rank adds its partials, and the ranks' sums are added in rank order.
private final class PlainReduction: GradientReduction {
    let ownedBlocks: Range<Int>
    let ownedElements: Range<Int>
    private let communicator: any Communicator
    private let arena: ParameterArena<Float>
    private let sum: AlignedBuffer<Float>

    init(_ communicator: any Communicator, _ arena: ParameterArena<Float>, _ blocks: ParameterBlocks) {
        self.communicator = communicator
        self.arena = arena
        // Every rank owns everything.
        ownedBlocks = blocks.blocks.indices
        ownedElements = blocks.elements(of: ownedBlocks)
        sum = AlignedBuffer(count: ownedElements.count)
    }

    func reduce(_ partition: BatchPartition) -> UnsafeMutablePointer<Float> {
        var own = [Float](repeating: 0, count: sum.count)
        for root in 0..<arena.rootCount where !partition.layout.isEmpty(root: root) {
            for i in own.indices { own[i] += arena.gradients(root: root)[i] }
        }
        let all = communicator.allgather(own.withUnsafeBytes { Array($0) })
        sum.base.update(repeating: 0, count: sum.count)
        for bytes in all {
            bytes.withUnsafeBytes { bytes in
                let values = bytes.bindMemory(to: Float.self)
                for i in values.indices { sum[i] += values[i] }
            }
        }
        return sum.base
    }

    func publish() {}

    func allgatherBlocks(_ owned: UnsafePointer<Double>, into all: UnsafeMutablePointer<Double>) {
        all.update(from: owned, count: ownedBlocks.count)
    }

    func gather(_ slice: UnsafePointer<Float>, into whole: UnsafeMutablePointer<Float>?) {
        whole?.update(from: slice, count: ownedElements.count)
    }

    func scatter(_ whole: UnsafePointer<Float>?, into slice: UnsafeMutablePointer<Float>) {
        preconditionFailure("not used here")
    }
}
