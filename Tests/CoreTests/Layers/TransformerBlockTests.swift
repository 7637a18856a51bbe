import Core
import Testing

struct TransformerBlockTests {
    /// The block, layer by layer, as the documentation writes it out.
    private func writtenOut(
        features: Int, heads: Int, hidden: Int, causal: Bool, dropout: Double
    ) -> SequenceDescription {
        func named(_ layers: [(String, any LayerDescription)]) -> [NamedLayer] {
            layers.map { NamedLayer(name: $0, description: $1) }
        }
        return SequenceDescription(
            named([
                (
                    "residual1",
                    ResidualDescription(
                        named([
                            ("layernorm1", LayerNormDescription()),
                            (
                                "multiHeadAttention1",
                                MultiHeadAttentionDescription(heads: heads, isCausal: causal, dropout: dropout)
                            ), ("dropout1", DropoutDescription(rate: dropout)),
                        ]))
                ),
                (
                    "residual2",
                    ResidualDescription(
                        named([
                            ("layernorm1", LayerNormDescription()), ("linear1", LinearDescription(outputs: hidden)),
                            ("gelu1", GELUDescription()), ("linear2", LinearDescription(outputs: features)),
                            ("dropout1", DropoutDescription(rate: dropout)),
                        ]))
                ),
            ]))
    }

    @Test(arguments: [(nil, false, 0.0), (5, true, 0.25)] as [(Int?, Bool, Double)])
    func isItsLayersOneAfterTheOther(hidden: Int?, causal: Bool, dropout: Double) throws {
        func run(_ layer: any LayerDescription) throws -> (names: [String], numbers: [[Float]]) {
            let network = try TestNetwork<Float>(layer, inputShape: [5, 6], rowCounts: [2, 1])
            let y = network.forward(numbers(90))
            let dX = network.backward(numbers(90, phase: 2))
            let names = network.network.arena.parameters.map { "\($0.name) \($0.shape)" }
            return (names, [y, dX] + network.network.arena.parameters.map { network.gradient($0.name) })
        }
        let block = TransformerBlockDescription(heads: 3, hidden: hidden, isCausal: causal, dropout: dropout)
        let expected = writtenOut(features: 6, heads: 3, hidden: hidden ?? 24, causal: causal, dropout: dropout)
        let (found, written) = (try run(block), try run(expected))
        #expect(found.names == written.names)
        #expect(found.numbers == written.numbers)
        #expect(block.layerCount == expected.layerCount && block.layerCount == 11)
        #expect(block.kind == "transformerBlock")
    }

    /// A layer behind the block draws the numbers of its own place.
    @Test func theLayerBehindHasItsOwnRandomNumbers() throws {
        let layers = [
            NamedLayer(name: "block", description: TransformerBlockDescription(heads: 1, dropout: 0.5)),
            NamedLayer(name: "dropout", description: DropoutDescription(rate: 0.5)),
        ]
        // The dropout works in place: a network for each.
        let (block, y) = try (
            TestNetwork<Float>(Array(layers.prefix(1)), inputShape: [4, 4], rowCounts: [1])
                .forward(numbers(16), firstPosition: 3),
            TestNetwork<Float>(layers, inputShape: [4, 4], rowCounts: [1]).forward(numbers(16), firstPosition: 3)
        )
        for f in 0..<16 {
            let words = Philox.block(
                key: 1,
                counter: Philox.counter(block: f / 4, position: 3, step: 0, purpose: .dropout, ordinal: 11))
            #expect(y[f] == (words[f % 4] >= 0x8000_0000 ? 2 * block[f] : 0))
        }
    }

    /// The example of Documentation/transformer-block.md; epsilon is what the sixth digit is off by.
    @Test func oneStepAttendsToItself() throws {
        let network = try TestNetwork<Double>(
            TransformerBlockDescription(heads: 1, hidden: 1), inputShape: [1, 2], rowCounts: [1])
        for part in ["value", "output"] {
            network.set("layer/residual1/multiHeadAttention1/\(part)_weight", [1, 0, 0, 1])
        }
        network.set("layer/residual2/linear1/weight", [1, 0])
        network.set("layer/residual2/linear2/weight", [1, 2])
        #expect(network.forward([3, 1]).isClose(to: [4.8413447, 1.6826895], 2e-5))
    }

    @Test func aLaterStepChangesNoEarlierOutput() throws {
        let network = try TestNetwork<Float>(
            TransformerBlockDescription(heads: 2, isCausal: true), inputShape: [19, 4], rowCounts: [1])
        let x = numbers(76)
        let before = network.forward(x)
        for t in [1, 16, 18] {
            var changed = x
            changed[t * 4] += 0.5
            let after = network.forward(changed)
            #expect(after[..<(4 * t)].map(\.bitPattern) == before[..<(4 * t)].map(\.bitPattern))
            #expect(after[(4 * t)...] != before[(4 * t)...])
        }
    }

    @Test func inferenceLeavesDropoutOut() throws {
        func run(dropout: Double, mode: PassMode) throws -> [Float] {
            let network = try TestNetwork<Float>(
                TransformerBlockDescription(heads: 2, dropout: dropout), inputShape: [5, 4], rowCounts: [2])
            return network.forward(numbers(40), mode: mode) + network.backward(numbers(40, phase: 2))
        }
        let without = try run(dropout: 0, mode: .training)
        #expect(try run(dropout: 0.5, mode: .inference) == without)
        #expect(try run(dropout: 0.5, mode: .training) != without)
    }

    @Test func whatDoesNotFitIsNamed() throws {
        func message(_ heads: Int, _ inputShape: Shape) -> String? {
            let block = TransformerBlockDescription(heads: heads)
            return #expect(throws: ShapeError.self) {
                try TestNetwork<Float>(block, inputShape: inputShape, rowCounts: [1])
            }?.description
        }
        #expect(message(1, [4]) == "layer layer: expected an input of shape [steps, features], given [4]")
        #expect(
            message(4, [3, 6])
                == """
                layer layer/residual1/multiHeadAttention1: the 6 features of an input of shape [3, 6] cannot be shared \
                equally among 4 heads
                """)
    }
}
