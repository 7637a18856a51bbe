import Core
import Testing

struct LayerSequenceTests {
    /// Parameters have the same gradients whether that of the input is asked for or not, with layers before the first that
    /// has some, outside and in containers, computed again or not.
    @Test(arguments: [false, true])
    func gradientsNeedNoneOfTheInput(recomputes: Bool) throws {
        func named(_ layers: [any LayerDescription]) -> [NamedLayer] {
            layers.enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) }
        }
        let residual = ResidualDescription(
            named([TanhDescription(), LinearDescription(outputs: 3)]),
            shortcut: [NamedLayer(name: "side", description: SigmoidDescription())],
            recomputes: recomputes)
        let layers = named([
            ReshapeDescription([2, 2, 3]), DropoutDescription(rate: 0.3),
            SequenceDescription(named([TanhDescription(), residual, ReLUDescription()]), recomputes: recomputes),
            LinearDescription(outputs: 2),
        ])
        let network = try TestNetwork<Float>(
            layers, inputShape: [12], rowCounts: [3, 2, 0, 1], roots: [0..<2, 2..<4])
        let arena = network.network.arena
        func gradients(_ backward: ([Double]) -> Void) -> [[UInt32]] {
            let y = network.forward(numbers(6 * 12))
            for root in 0..<2 { arena.gradients(root: root).update(repeating: Float.nan, count: arena.storageCount) }
            backward(numbers(y.count, phase: 2))
            return (0..<2).map { root in
                arena.parameters.flatMap { parameter in
                    parameter.range.map { arena.gradients(root: root)[$0].bitPattern }
                }
            }
        }
        let alone = gradients { network.backwardForParameters($0) }
        #expect(alone == gradients { _ = network.backward($0) })
        #expect(alone.allSatisfy { $0.allSatisfy { !Float(bitPattern: $0).isNaN } })
    }

    private static let inside = [
        NamedLayer(name: "linear1", description: LinearDescription(outputs: 5)),
        NamedLayer(name: "tanh1", description: TanhDescription()),
        NamedLayer(name: "linear2", description: LinearDescription(outputs: 3)),
    ]

    /// As one layer or one by one: the same numbers.
    @Test func aSequenceIsItsLayers() throws {
        let counts = [2, 0, 3]
        let one = try TestNetwork<Float>(SequenceDescription(Self.inside), inputShape: [4], rowCounts: counts)
        let chain = try TestNetwork<Float>(Self.inside, inputShape: [4], rowCounts: counts)
        for parameter in chain.network.arena.parameters {
            let values = numbers(parameter.count, phase: Double(parameter.count))
            chain.set(parameter.name, values)
            one.set("layer/\(parameter.name)", values)
        }
        #expect(one.forward(numbers(20)) == chain.forward(numbers(20)))
        #expect(one.backward(numbers(15, phase: 2)) == chain.backward(numbers(15, phase: 2)))
        for parameter in chain.network.arena.parameters {
            #expect(one.gradient("layer/\(parameter.name)") == chain.gradient(parameter.name))
        }
    }

    /// The guard names the layer inside a container that made the first infinity.
    @Test func theGuardLooksInside() throws {
        let inner = SequenceDescription([
            NamedLayer(
                name: "inner",
                description: ResidualDescription(
                    Self.inside + [
                        NamedLayer(name: "linear3", description: LinearDescription(outputs: 4))
                    ]))
        ])
        let network = try TestNetwork<Float>(
            [NamedLayer(name: "relu1", description: ReLUDescription()), NamedLayer(name: "outer", description: inner)],
            inputShape: [4], rowCounts: [2])
        let valueGuard = ValueGuard(network.network)
        network.network.observer = valueGuard
        _ = network.forward(numbers(8))
        #expect(valueGuard.finding == nil)
        network.set("outer/inner/linear2/bias", [0, .infinity, 0])
        _ = network.forward(numbers(8))
        #expect(valueGuard.finding?.what == "outer/inner/linear2, forward: output[1] is +infinity")
        valueGuard.inspectState(.after, step: 0)
    }

    @Test func theGuardSeesGradientsInside() throws {
        let network = try TestNetwork<Float>(SequenceDescription(Self.inside), inputShape: [4], rowCounts: [2])
        let valueGuard = ValueGuard(network.network)
        network.network.observer = valueGuard
        _ = network.forward(numbers(8))
        _ = network.backward([1, 2, 3, .nan, 1, 1])
        #expect(valueGuard.finding?.what == "layer/linear2, backward: weight gradient[0, 0] is NaN")
    }

    @Test func aLayerThatDoesNotFitIsNamedWithItsContainer() {
        let wrong = SequenceDescription([NamedLayer(name: "shape", description: ReshapeDescription([5]))])
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(wrong, inputShape: [2, 3], rowCounts: [1])
        }
        #expect(error?.description == "layer layer/shape: [2, 3] has 6 elements, and [5] needs 5")
    }
}
