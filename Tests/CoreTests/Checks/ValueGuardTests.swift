import Core
import Testing

struct ValueGuardTests {
    /// A pass of linear → relu → batchnorm on four samples of a dataset, with a guard.
    private final class Guarded {
        let network: Network<Float>
        let guardian: ValueGuard<Float>
        let input = AlignedBuffer<Float>(count: 8)
        private let indices: [UInt32] = [70, 3, 41, 9]
        private let targets: [Int32] = [0, 1, 2, 0]

        init(roots: [Range<Int>] = [0..<2]) throws {
            network = try Network(
                [
                    NamedLayer(name: "linear1", description: LinearDescription(outputs: 3)),
                    NamedLayer(name: "relu1", description: ReLUDescription()),
                    NamedLayer(name: "batchnorm1", description: BatchNormDescription()),
                ], inputShape: [2])
            network.arena.seal(rootCount: roots.count)
            network.arena.initialize(seed: 1)
            network.prepare(limits: PassLimits(rows: 4, shards: 2, roots: roots.count))
            guardian = ValueGuard(network)
            network.observer = guardian
            for (i, x) in numbers(8, phase: 1).enumerated() { input[i] = Float(x) }
        }

        func run(
            step: Int = 17, lossGradient: [Float] = [Float](repeating: 1, count: 12), showsLoss: Bool = true
        ) {
            indices.withUnsafeBufferPointer { indices in
                let context = PassContext(
                    mode: .training, seed: 1, step: step, globalRows: 4, firstPosition: 0,
                    shards: ShardLayout(rows: 4, shards: 2), sampleIndices: indices,
                    batchReduction: SingleBatchReduction())
                let x = TensorView(base: input.base, rows: 4, sampleShape: [2])
                targets.withUnsafeBufferPointer {
                    guardian.didLoad(x, targets: .classes($0.baseAddress!), context: context)
                }
                _ = network.forward(x, context: context)
                let dY = network.outputGradient(rows: 4)
                for (i, value) in lossGradient.enumerated() { dY.base[i] = value }
                if showsLoss {
                    guardian.didDifferentiateLoss("softmaxCrossEntropy", gradient: dY, context: context)
                }
                network.backward(into: nil, rows: 4, context: context)
            }
        }
    }

    @Test func aHealthyPassHasNoFinding() throws {
        let guarded = try Guarded()
        guarded.run()
        #expect(guarded.guardian.finding == nil)
    }

    @Test func theInputIsSeenFirst() throws {
        let guarded = try Guarded()
        guarded.input[5] = .nan
        guarded.run()
        let finding = try #require(guarded.guardian.finding)
        #expect(finding.layer == "input" && finding.tensor == "input" && finding.index == [1])
        #expect(finding.row == 2 && finding.sample == 41 && finding.step == 17)
        #expect(finding.description == "input, forward: input[1] is NaN at step 18, sample 41, row 2")
    }

    /// A weight that is infinite shows in the first output that it makes, not in what follows.
    @Test func theFirstLayerThatMakesItIsNamed() throws {
        let guarded = try Guarded()
        let weight = guarded.network.arena.parameters[0]
        guarded.network.arena.values[weight.offset + weight.storageIndex(1)] = -.infinity
        guarded.run()
        let finding = try #require(guarded.guardian.finding)
        #expect(finding.layer == "linear1" && finding.direction == .forward && finding.tensor == "output")
        #expect(finding.index == [1] && finding.row == 0 && finding.sample == 70)
        #expect(finding.value == (guarded.input[0] > 0 ? -.infinity : .infinity))
    }

    @Test func theLossGradientIsLookedAt() throws {
        let guarded = try Guarded()
        var gradient = [Float](repeating: 1, count: 12)
        gradient[11] = .infinity
        guarded.run(lossGradient: gradient)
        let finding = try #require(guarded.guardian.finding)
        #expect(
            finding.description
                == "softmaxCrossEntropy, backward: input gradient[2] is +infinity at step 18, sample 9, row 3")
    }

    @Test func gradientsAreNamedByParameter() throws {
        let guarded = try Guarded()
        var gradient = [Float](repeating: 1, count: 12)
        gradient[5] = .nan
        guarded.run(lossGradient: gradient, showsLoss: false)
        let finding = try #require(guarded.guardian.finding)
        #expect(finding.layer == "batchnorm1" && finding.direction == .backward)
        #expect(finding.tensor == "gamma gradient" && finding.index == [2] && finding.row == nil)
        #expect(finding.description == "batchnorm1, backward: gamma gradient[2] is NaN at step 18")
    }

    /// In another pass of the step the same tensor has more rows, in a later step nothing counts any more.
    @Test func onlyTheFirstFindingIsKept() throws {
        let guarded = try Guarded()
        guarded.input[5] = .nan
        guarded.run()
        guarded.input[5] = 0
        guarded.input[0] = .nan
        guarded.run()
        #expect(guarded.guardian.finding?.sample == 41 && guarded.guardian.rows.map(\.sample) == [41, 70])
        guarded.run(step: 18)
        #expect(guarded.guardian.finding?.sample == 41 && guarded.guardian.rows.map(\.sample) == [41, 70])
    }

    /// A pass's first tensor comes before every pass's second, and after any of an earlier step.
    @Test func tensorsAreOrderedByStepThenPlace() throws {
        let guarded = try Guarded()
        let weight = guarded.network.arena.parameters[0]
        guarded.network.arena.values[weight.offset + weight.storageIndex(1)] = -.infinity
        guarded.run()
        guarded.input[5] = .nan
        guarded.run(step: 18)
        #expect(guarded.guardian.finding?.layer == "linear1")
        guarded.run()
        #expect(guarded.guardian.finding?.layer == "input" && guarded.guardian.rows.map(\.sample) == [41])
    }
}
