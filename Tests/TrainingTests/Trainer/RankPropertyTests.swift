import Distributed
import Testing
import Training

/// Whatever is trained, the number of ranks changes no bit: cases that nobody chose, with threads as ranks.
@Suite struct RankPropertyTests {
    /// What differs between one rank and `ranks`, on any of them.
    static func differences(
        _ drawn: RankCase, ranks: Int, mechanisms: Mechanisms = Mechanisms()
    ) throws -> [String] {
        let mechanisms = drawn.cut(mechanisms)
        let one = try RankOutcome(drawn, mechanisms: mechanisms, communicator: SingleCommunicator())
        let all = try ThreadCommunicator.run(size: ranks, hostNames: drawn.hostNames(ranks: ranks)) {
            try RankOutcome(drawn, mechanisms: mechanisms, communicator: $0)
        }
        return all.enumerated().flatMap { rank, outcome in
            outcome.differences(from: one).map { "rank \(rank) of \(ranks): \($0)" }
        }
    }

    @Test(arguments: RankCase.fixedSeeds + RankCase.freshSeeds)
    func anyCaseGivesTheSameBits(seed: UInt64) throws {
        let drawn = RankCase(seed: seed)
        for ranks in drawn.ranks {
            let found = try Self.differences(drawn, ranks: ranks)
            #expect(found == [], "\(drawn)")
        }
    }

    /// A kind that has been added to the configuration is not forgotten here.
    @Test func everyKindOfLayerIsDrawn() {
        #expect(LayerDrawing.kindNames == Configuration.layerKindNames)
    }

    /// The cases have what they are meant to have; with less, the test above would say less.
    @Test(.enabled(if: RankCase.fixedSeeds.count > 1, "one case is asked for"))
    func theCasesAreVaried() throws {
        let cases = RankCase.fixedSeeds.map { RankCase(seed: $0) }
        for kind in Configuration.layerKindNames {
            let name = try Regex("\\b\(kind)\\b")
            #expect(cases.contains { $0.network.contains(name) }, "no case has a \(kind)")
        }
        for part in [
            "linear: {", "bias: false", "shortcut:", "sgd", "momentum: {",
            "nesterov", "adam:", "adamw", "weightDecay: 0.1", "norm: 0.3", "value: 0.02", "step:", "exponential",
            "cosine",
            "softmaxCrossEntropy", "meanSquaredError", "dropLast: true", "dropLast: false", "shuffle: true",
            "shuffle: false", "augmentation: none", "shift: 0", "shift: 1", "shift: 2", "accumulationSteps: 1\n",
            "accumulationSteps: 2", "accumulationSteps: 3", "recompute: true", "recompute: false",
        ] {
            #expect(cases.contains { $0.yaml.contains(part) }, "no case has \(part)")
        }
        let nested = try Regex("(sequence|residual): (\\{layers: )?\\[[^\\]]*(sequence|residual): ")
        #expect(cases.contains { $0.network.contains(nested) }, "no case has a container inside a container")
        #expect(Set(cases.flatMap(\.ranks)).isSuperset(of: [2, 3, 4, 5, 6, 7, 8, 16]))
        #expect(cases.contains { $0.datasets.train.count < $0.ranks.last! })
        // Neighbouring ranks apart, which then own shards that are no neighbours.
        #expect(
            cases.contains {
                Set($0.hostNames(ranks: 3)).count == 2 && $0.hostNames(ranks: 3)[1] != $0.hostNames(ranks: 3)[0]
                    && $0.hostNames(ranks: 3)[2] == $0.hostNames(ranks: 3)[0]
            })
    }

    @Test func aSeedGivesOneCase() {
        #expect("\(RankCase(seed: 3))" == "\(RankCase(seed: 3))")
        #expect(RankCase(seed: 3).yaml != RankCase(seed: 4).yaml)
    }
}
