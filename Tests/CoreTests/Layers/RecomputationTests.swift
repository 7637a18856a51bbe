import Core
import Testing

/// Chains that compute their activations again in the backward pass.
struct RecomputationTests {
    /// Blocks of two sizes, one inside another, with layers that draw and that move running statistics.
    private static func layers(recomputes: Bool) -> [NamedLayer] {
        func named(_ layers: [any LayerDescription]) -> [NamedLayer] {
            layers.enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) }
        }
        func block(_ width: Int) -> SequenceDescription {
            SequenceDescription(
                named([
                    LinearDescription(outputs: width), BatchNormDescription(), ReLUDescription(),
                    DropoutDescription(rate: 0.3),
                    ResidualDescription(
                        named([LinearDescription(outputs: width), TanhDescription()]),
                        shortcut: [NamedLayer(name: "side", description: LinearDescription(outputs: width))],
                        recomputes: recomputes),
                    LinearDescription(outputs: 6),
                ]), recomputes: recomputes)
        }
        return named([
            LinearDescription(outputs: 6), block(9), block(4), block(9),
            SequenceDescription(
                named([LSTMDescription(outputs: 7), LSTMDescription(outputs: 6)]), recomputes: recomputes),
            TransformerBlockDescription(heads: 2, isCausal: true, dropout: 0.3, recomputes: recomputes),
            TransformerBlockDescription(heads: 3, dropout: 0.2, recomputes: recomputes),
        ])
    }

    /// All bits of two steps: outputs, gradients and running statistics.
    @Test func nothingButTheMemoryChanges() throws {
        try compare(Float.self)
        try compare(Double.self)
    }

    private func compare<Scalar: TrainingScalar>(_: Scalar.Type) throws {
        func bits(_ values: some Sequence<Scalar>) -> [UInt64] { values.map { $0.real.bitPattern } }
        func run(recomputes: Bool) throws -> [[UInt64]] {
            let network = try TestNetwork<Scalar>(
                Self.layers(recomputes: recomputes), inputShape: [4, 5], rowCounts: [3, 2, 0, 1], roots: [0..<2, 2..<4])
            let arena = network.network.arena
            var seen: [[UInt64]] = []
            for step in 0..<2 {
                seen.append(bits(network.forward(numbers(6 * 20, phase: Double(step)), step: step)))
                seen.append(bits(network.backward(numbers(6 * 24, phase: 3))))
                for root in 0..<2 {
                    seen.append(bits((0..<arena.storageCount).map { arena.gradients(root: root)[$0] }))
                }
                seen.append(bits((0..<arena.bufferStorageCount).map { arena.bufferValues[$0] }))
            }
            seen.append(bits(network.forward(numbers(6 * 20), mode: .inference)))
            return seen
        }
        #expect(try run(recomputes: true) == run(recomputes: false))
    }

    /// Blocks that are alike take the memory of one, beside their outputs.
    @Test func blocksShareTheirActivations() throws {
        let block = Self.sequence(["a", "b", "c", "d"].map { ($0, LinearDescription(outputs: 50)) })
        let kept = Self.sequence(["a", "b", "c", "d"].map { ($0, LinearDescription(outputs: 50)) }, recomputes: false)
        let tensor = 100 * 50 * MemoryLayout<Float>.stride + 64
        // Each block's output; inside three more, and the last one's again where it is computed twice.
        #expect(try bytes(.activations, kept, blocks: 5, on: [50], rows: 100) == (5 + 5 * 3) * tensor)
        #expect(try bytes(.activations, block, blocks: 5, on: [50], rows: 100) == (5 + 3 + 1) * tensor)
    }

    /// A block by whether it recomputes, and how many tensors as large as its output it keeps where it does not.
    private static let blocks: [(make: @Sendable (Bool) -> any LayerDescription, kept: Int)] = [
        ({ TransformerBlockDescription(heads: 2, dropout: 0.1, recomputes: $0) }, 20),
        ({ sequence([("a", LSTMDescription(outputs: 8)), ("b", LSTMDescription(outputs: 8))], recomputes: $0) }, 14),
        (
            {
                sequence(
                    [("a", LayerNormDescription()), ("b", GELUDescription()), ("c", SiLUDescription())], recomputes: $0)
            }, 3
        ),
        ({ ResidualDescription([NamedLayer(name: "a", description: AttentionDescription())], recomputes: $0) }, 4),
    ]

    /// What layers keep for their backward pass is shared too: one more block takes its output, and room for no gradient.
    @Test(arguments: blocks.indices)
    func oneMoreBlockTakesItsOutput(index: Int) throws {
        let (make, kept) = Self.blocks[index]
        func more(_ kind: MemoryKind, recomputes: Bool) throws -> Int {
            let block = make(recomputes)
            let (three, four) = try (
                bytes(kind, block, blocks: 3, on: [6, 8], rows: 10),
                bytes(kind, block, blocks: 4, on: [6, 8], rows: 10)
            )
            return four - three
        }
        let tensor = 10 * 6 * 8 * MemoryLayout<Float>.stride + 64
        #expect(try more(.activations, recomputes: true) == tensor)
        #expect(try more(.activations, recomputes: false) >= kept * tensor)
        #expect(try more(.activationGradients, recomputes: true) == 0)
        #expect(try more(.activationGradients, recomputes: false) == 0)
    }

    private static func sequence(
        _ layers: [(String, any LayerDescription)], recomputes: Bool = true
    ) -> SequenceDescription {
        SequenceDescription(layers.map { NamedLayer(name: $0, description: $1) }, recomputes: recomputes)
    }

    private func bytes(
        _ kind: MemoryKind, _ block: any LayerDescription, blocks: Int, on inputShape: Shape, rows: Int
    ) throws -> Int {
        let ledger = MemoryLedger()
        _ = try ledger.counting {
            try TestNetwork<Float>(
                (0..<blocks).map { NamedLayer(name: "block\($0)", description: block) }, inputShape: inputShape,
                rowCounts: [rows])
        }
        return ledger.peakBytes(kind)
    }

    /// Observers see every tensor once, and are told of each recomputation.
    @Test func observersSeeNothingTwice() throws {
        func seen(recomputes: Bool) throws -> Witness {
            let network = try TestNetwork<Float>(
                Self.layers(recomputes: recomputes), inputShape: [4, 5], rowCounts: [3, 2])
            let witness = Witness()
            network.network.observer = witness
            _ = network.forward(numbers(5 * 20))
            _ = network.backward(numbers(5 * 24))
            return witness
        }
        let (kept, again) = (try seen(recomputes: false), try seen(recomputes: true))
        #expect(again.tensors == kept.tensors && kept.recomputations == 0)
        // Three blocks and in each a residual with two chains, an LSTM's and two transformer blocks.
        #expect(again.recomputations == 3 * (1 + 2) + 3)
    }

    private final class Witness: PassObserver {
        var tensors: [String] = []
        var recomputations = 0

        func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
            tensors.append("forward \(layer.name)")
        }

        func didForwardInside(layer: any Layer<Float>, output: TensorView<Float>, context: PassContext) {
            tensors.append("forward \(layer.name)")
        }

        func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {}

        func didBackward(
            layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
            context: PassContext
        ) {
            tensors.append("backward \(layer.name)")
        }

        func didBackwardInside(
            layer: any Layer<Float>, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
            context: PassContext
        ) {
            tensors.append("backward \(layer.name)")
        }

        func didRecompute(context: PassContext) { recomputations += 1 }
    }
}
