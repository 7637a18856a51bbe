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
        func bytes(blocks: Int, recomputes: Bool) throws -> Int {
            let block = SequenceDescription(
                ["a", "b", "c", "d"].map { NamedLayer(name: $0, description: LinearDescription(outputs: 50)) },
                recomputes: recomputes)
            let ledger = MemoryLedger()
            _ = try ledger.counting {
                try TestNetwork<Float>(
                    (0..<blocks).map { NamedLayer(name: "block\($0)", description: block) }, inputShape: [50],
                    rowCounts: [100])
            }
            return ledger.peakBytes(.activations)
        }
        let tensor = 100 * 50 * MemoryLayout<Float>.stride + 64
        // Each block's output; inside three more, and the last one's again where it is computed twice.
        #expect(try bytes(blocks: 5, recomputes: false) == (5 + 5 * 3) * tensor)
        #expect(try bytes(blocks: 5, recomputes: true) == (5 + 3 + 1) * tensor)
    }
}
