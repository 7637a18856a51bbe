import Core
import Testing

struct ResidualTests {
    private static func layers(_ descriptions: any LayerDescription...) -> [NamedLayer] {
        descriptions.enumerated().map { NamedLayer(name: "\($1.kind)\($0 + 1)", description: $1) }
    }

    /// The example of Documentation/residual.md.
    @Test func theShortcutIsAdded() throws {
        let network = try TestNetwork<Double>(
            ResidualDescription(Self.layers(LinearDescription(outputs: 1))), inputShape: [1], rowCounts: [1])
        network.set("layer/linear1/weight", [3])
        network.set("layer/linear1/bias", [1])
        #expect(network.forward([2]) == [9])
        #expect(network.backward([0.5]) == [2])
        #expect(network.gradient("layer/linear1/weight") == [1])
        #expect(network.gradient("layer/linear1/bias") == [0.5])
    }

    @Test func aShortcutMayHaveLayers() throws {
        let residual = ResidualDescription(
            Self.layers(LinearDescription(outputs: 1, hasBias: false)),
            shortcut: [NamedLayer(name: "linear2", description: LinearDescription(outputs: 1, hasBias: false))])
        let network = try TestNetwork<Double>(residual, inputShape: [2], rowCounts: [1, 1])
        network.set("layer/linear1/weight", [1, 2])
        network.set("layer/linear2/weight", [10, 20])
        #expect(network.forward([1, 1, 2, -1]) == [33, 0])
        #expect(network.backward([1, 2]) == [11, 22, 22, 44])
        #expect(network.gradient("layer/linear1/weight") == [5, -1])
        #expect(network.gradient("layer/linear2/weight") == [5, -1])
    }

    /// Nobody needs the first layer's input gradient; what is inside learns all the same.
    @Test func gradientsComeWithoutAnInputGradient() throws {
        let residual = ResidualDescription(
            Self.layers(LinearDescription(outputs: 3), TanhDescription()),
            shortcut: [NamedLayer(name: "side", description: LinearDescription(outputs: 3))])
        let network = try TestNetwork<Double>(residual, inputShape: [2], rowCounts: [2])
        _ = network.forward(numbers(4))
        _ = network.backward(numbers(6, phase: 1))
        let names = network.network.arena.parameters.map(\.name)
        let expected = names.map { network.gradient($0) }
        for root in 0..<network.network.arena.rootCount {
            network.network.arena.gradients(root: root).update(
                repeating: .nan, count: network.network.arena.storageCount)
        }
        let context = PassContext(
            mode: .training, seed: 1, step: 0, globalRows: 2, firstPosition: 0, shards: network.layout,
            batchReduction: SingleBatchReduction())
        network.network.backward(into: nil, rows: 2, context: context)
        #expect(names.map { network.gradient($0) } == expected)
    }

    @Test func branchesThatDoNotFitAreNamed() {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(
                ResidualDescription(Self.layers(LinearDescription(outputs: 3))), inputShape: [2], rowCounts: [1])
        }
        #expect(
            error?.description
                == "layer layer: its branch makes [3] of [2], its shortcut [2]; they are added, so make them alike")
    }

    /// Layers inside a container have random numbers of their own: their places are counted through the whole network.
    @Test func everyDropoutDrawsAnew() throws {
        func drops() -> [NamedLayer] { Self.layers(DropoutDescription(rate: 0.5)) }
        func outputs(_ layers: [NamedLayer]) throws -> [[Double]] {
            // Layers that work in place leave the outputs of others nowhere: a network for each.
            try (1...layers.count).map {
                try TestNetwork<Double>(Array(layers.prefix($0)), inputShape: [64], rowCounts: [1])
                    .forward([Double](repeating: 1, count: 64))
            }
        }
        // Residual blocks of ones: 1 + (0 or 2), so what each dropout dropped shows, layer by layer.
        let blocks = (1...3).map { NamedLayer(name: "residual\($0)", description: ResidualDescription(drops())) }
        let after = try outputs(blocks)
        let masks = zip([[Double](repeating: 1, count: 64)] + after, after).map { zip($0, $1).map { $1 == $0 } }
        #expect(Set(masks).count == 3)
        // A dropout after a container of one layer has the place behind it.
        let place = try outputs([NamedLayer(name: "block", description: SequenceDescription(drops()))] + drops())
        let same = try outputs(drops() + drops().map { NamedLayer(name: "other", description: $0.description) })
        #expect(place[0].map { $0 == 0 } != same[0].map { $0 == 0 })
        #expect(SequenceDescription(drops()).layerCount == 2)
        #expect(ResidualDescription(drops() + drops(), shortcut: drops()).layerCount == 4)
    }
}
