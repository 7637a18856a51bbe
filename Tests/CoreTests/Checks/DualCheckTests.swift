import Core
import Testing

struct DualCheckTests {
    private static let layers: [NamedLayer] =
        ([
            LinearDescription(outputs: 11, initializer: .he), ReLUDescription(), BatchNormDescription(),
            DropoutDescription(rate: 0.25), LinearDescription(outputs: 8), SigmoidDescription(),
            LinearDescription(outputs: 6, hasBias: false), TanhDescription(), SoftmaxDescription(),
            LinearDescription(outputs: 4),
        ] as [any LayerDescription]).enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) }

    @Test(arguments: [SoftmaxCrossEntropyDescription(), MeanSquaredErrorDescription()] as [any LossDescription])
    func backwardIsTheAdjointOfForward(loss: any LossDescription) throws {
        let rows = try DualCheck(layers: Self.layers, inputShape: [7], loss: loss).run()
        for row in rows {
            #expect(
                row.passes,
                "\(row.scope) \(row.layer) \(row.tensor) \(row.mode): \(row.error) > \(row.bound), \(row.worst)")
        }
        // Ten inputs and nine parameters alone, both losses, and the network's input and parameters; both modes, and at three
        // magnitudes.
        #expect(rows.count == 3 * (2 * (10 + 7 + 2) + 2 + 2 * (1 + 7 + 2)))
    }

    @Test(
        arguments: [
            LayerNormDescription(), BatchNormDescription(), GELUDescription(), GELUDescription(approximation: .tanh),
            SiLUDescription(),
        ] as [any LayerDescription])
    func samplesMayHaveAnyRank(layer: any LayerDescription) throws {
        let rows = try DualCheck(
            layers: [NamedLayer(name: "layer", description: layer)], inputShape: [2, 3, 4],
            loss: MeanSquaredErrorDescription()
        ).run()
        for row in rows { #expect(row.passes, "\(row.scope) \(row.tensor) \(row.mode): \(row.error) > \(row.bound)") }
        let tensors = Set(rows.filter { $0.scope == .layer }.map(\.tensor))
        let hasParameters = layer is LayerNormDescription || layer is BatchNormDescription
        #expect(tensors == (hasParameters ? ["input", "gamma", "beta"] : ["input"]))
    }

    @Test(arguments: WrongSlope.Fault.allCases)
    func aWrongGradientFails(fault: WrongSlope.Fault) throws {
        let rows = try DualCheck(
            layers: [NamedLayer(name: "wrong", description: WrongSlope(fault: fault))], inputShape: [4],
            loss: MeanSquaredErrorDescription()
        ).run()
        let failing = rows.filter { $0.scope == .layer && !$0.passes }
        #expect(Set(failing.map(\.tensor)) == (fault == .none ? [] : [fault.rawValue]))
    }

    @Test(arguments: WrongSlope.Fault.allCases, CheckedBatch.allCases)
    func aWrongGradientOfALayerAloneFails(fault: WrongSlope.Fault, batch: CheckedBatch) throws {
        let layer = NamedLayer(name: "wrong", description: WrongSlope(fault: fault))
        let rows = try DualCheck(.layer(layer, inputShape: [4]), batch: batch).run()
        #expect(rows.filter { $0.tensor == "input" }.map(\.elements) == [Int](repeating: 4 * batch.rows, count: 6))
        #expect(Set(rows.filter { !$0.passes }.map(\.tensor)) == (fault == .none ? [] : [fault.rawValue]))
    }

    /// Its gradient is 0, and both ways to it leave rounding only; batchnorm takes the mean away.
    @Test func aBiasBeforeBatchNormPasses() throws {
        let layers =
            [LinearDescription(outputs: 6), BatchNormDescription(), LinearDescription(outputs: 3)]
            as [any LayerDescription]
        for seed: UInt64 in 1...20 {
            let rows = try DualCheck(
                layers: layers.enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) },
                inputShape: [9],
                loss: SoftmaxCrossEntropyDescription(), seed: seed
            ).run()
            let bias = rows.filter { $0.scope == .network && $0.layer == "linear0" && $0.tensor == "bias" }
            #expect(bias.count == 2 * 3)
            for row in rows { #expect(row.passes, "\(row.layer) \(row.tensor) \(row.mode): \(row.worst)") }
        }
    }
}
