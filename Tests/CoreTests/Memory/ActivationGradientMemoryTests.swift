import Core
import Testing

/// Activation gradients of layers that take their turns lie in the same place.
struct ActivationGradientMemoryTests {
    private func named(_ layers: [any LayerDescription]) -> [NamedLayer] {
        layers.enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) }
    }

    private func linear(_ outputs: Int) -> LinearDescription { LinearDescription(outputs: outputs) }

    /// What `elements` of a sample take, of two rows.
    private func bytes(_ elements: Int) -> Int { 2 * elements * MemoryLayout<Float>.stride + 64 }

    private func bytes(_ kind: MemoryKind, of layers: [any LayerDescription]) throws -> Int {
        let ledger = MemoryLedger()
        _ = try ledger.counting { try TestNetwork<Float>(named(layers), inputShape: [8], rowCounts: [2]) }
        return ledger.peakBytes(kind)
    }

    /// The network's three, and one inside each sequence, which has room in that of one before if that is as large.
    @Test func theLargestHasRoomForAllThatFit() throws {
        func sequence(_ outputs: Int) -> SequenceDescription {
            SequenceDescription(named([linear(outputs), linear(8)]))
        }
        let outer = bytes(8) + 2 * bytes(8)
        for (widths, inner) in [
            ([30], [30]), ([30, 30, 30], [30]), ([30, 10, 20], [30]), ([10, 30, 10], [10, 30]),
            ([10, 30, 20], [10, 30]),
        ] {
            let found = try bytes(.activationGradients, of: widths.map(sequence) + [linear(8), linear(8)])
            #expect(found == outer + inner.map(bytes).reduce(0, +), "\(widths)")
        }
    }

    /// Layers that are the identity, and have nothing to draw.
    @Test func theIdentityTakesNoMemory() throws {
        let plain: [any LayerDescription] = [linear(6), linear(8), linear(6)]
        let identities: [any LayerDescription] = [
            linear(6), ReshapeDescription([2, 3]), ReshapeDescription([6]), linear(8), DropoutDescription(rate: 0),
            linear(6), DropoutDescription(rate: 0), ReshapeDescription([3, 2]),
        ]
        for kind in [MemoryKind.activations, .activationGradients] {
            #expect(try bytes(kind, of: plain) == bytes(kind, of: identities))
        }
    }

    /// Where everything shares what it can: the input's gradient by differences.
    @Test func gradientsAreThoseOfTheLoss() throws {
        let branch = named([linear(5), ResidualDescription(named([TanhDescription(), linear(5)])), linear(8)])
        let shortcut = named([linear(9), SequenceDescription(named([linear(4), TanhDescription(), linear(8)]))])
        let layers = named([
            DropoutDescription(rate: 0), ReshapeDescription([8]),
            ResidualDescription(
                branch + named([ReshapeDescription([8])]),
                shortcut: shortcut.map { layer in
                    NamedLayer(name: "side \(layer.name)", description: layer.description)
                }),
            TanhDescription(), SequenceDescription(named([linear(8), DropoutDescription(rate: 0)])),
            DropoutDescription(rate: 0), ReshapeDescription([2, 4]),
        ])
        let network = try TestNetwork<Double>(layers, inputShape: [8], rowCounts: [2])
        let (x, dY) = (numbers(16), numbers(16, phase: 2))
        func loss(_ x: [Double]) -> Double { zip(network.forward(x), dY).map { $0 * $1 }.reduce(0, +) }
        let epsilon = 1e-6
        let differences = x.indices.map { i in
            var (left, right) = (x, x)
            left[i] -= epsilon
            right[i] += epsilon
            return (loss(right) - loss(left)) / (2 * epsilon)
        }
        _ = network.forward(x)
        for (found, expected) in zip(network.backward(dY), differences) { #expect(abs(found - expected) < 1e-7) }
    }
}
