import Core
import Testing

/// The gradient check on every layer and loss: what the mutants have to fail.
struct GradientCheckTests {
    private static func named(_ descriptions: [any LayerDescription]) -> [NamedLayer] {
        descriptions.enumerated().map { NamedLayer(name: "\($1.kind)\($0)", description: $1) }
    }

    /// Every layer behind every other kind, and tensors on both sides of the sampling limit.
    private static let everyLayer: [any LayerDescription] = [
        LinearDescription(outputs: 24, initializer: .he), ReLUDescription(), BatchNormDescription(),
        DropoutDescription(rate: 0.25), LinearDescription(outputs: 12), SigmoidDescription(),
        LinearDescription(outputs: 9, hasBias: false), BatchNormDescription(epsilon: 1e-3), TanhDescription(),
        LinearDescription(outputs: 7), SoftmaxDescription(), LinearDescription(outputs: 5),
    ]

    private func expectAllPass(_ rows: [CheckRow]) {
        for row in CheckRow.worst(of: rows) {
            #expect(
                row.passes,
                """
                \(row.scope) \(row.layer) \(row.tensor) \(row.method) \(row.mode) ×\(row.magnitude): \(row.error) > \
                \(row.bound), \(row.checked) checked, \(row.skipped) skipped, worst \(row.worst)
                """)
        }
    }

    @Test func everyLayerAndTheNetworkHaveRightGradients() throws {
        let rows = try GradientCheck(
            layers: Self.named(Self.everyLayer), inputShape: [13], loss: SoftmaxCrossEntropyDescription()
        ).run()
        expectAllPass(rows)
        // Of each layer the input and every parameter, of the loss both kinds of targets.
        let tensors = Set(rows.filter { $0.scope == .layer }.map { "\($0.layer)/\($0.tensor)" })
        #expect(tensors.count == 12 + 5 + 4 + 2 * 2)
        #expect(rows.filter { $0.scope == .loss }.map(\.layer).contains("softmaxCrossEntropy (values)"))
        #expect(rows.contains { $0.scope == .network && $0.tensor == "gamma" && $0.mode == .inference })
        #expect(rows.contains { $0.method == .directions && $0.tensor == "weight" })
    }

    @Test func meanSquaredErrorHasARightGradient() throws {
        let layers = Self.named([LinearDescription(outputs: 6), TanhDescription(), LinearDescription(outputs: 3)])
        expectAllPass(
            try GradientCheck(layers: layers, inputShape: [5], loss: MeanSquaredErrorDescription()).run())
    }

    /// A class at each of five places, and a distribution.
    @Test(arguments: [SoftmaxCrossEntropyDescription(), MeanSquaredErrorDescription()] as [any LossDescription])
    func aLossOverASequenceHasARightGradient(loss: any LossDescription) throws {
        let rows = try GradientCheck(
            layers: Self.named([LinearDescription(outputs: 35), ReshapeDescription([5, 7])]), inputShape: [4],
            loss: loss
        ).run()
        expectAllPass(rows)
        let losses = rows.filter { $0.scope == .loss }
        #expect(Set(losses.map(\.layer)) == ["\(loss.kind) (classes)", "\(loss.kind) (values)"])
        #expect(losses.allSatisfy { $0.elements == 11 * 35 })
    }

    /// Batchnorm takes any constant away: such a bias has gradient 0, and rounding may not look like a mistake.
    @Test func aBiasStraightBeforeBatchNormPasses() throws {
        let layers = Self.named([LinearDescription(outputs: 6), BatchNormDescription(), LinearDescription(outputs: 4)])
        for seed: UInt64 in 1...5 {
            let rows = try GradientCheck(
                layers: layers, inputShape: [5], loss: SoftmaxCrossEntropyDescription(), seed: seed
            ).run()
            expectAllPass(rows)
            let bias = rows.filter {
                $0.scope == .network && $0.layer == "linear0" && $0.tensor == "bias" && $0.mode == .training
            }
            #expect(bias.count == 3 && bias.allSatisfy { $0.worst.analytic.magnitude < 1e-12 })
        }
    }

    @Test(
        arguments: [
            ReLUDescription(), SigmoidDescription(), TanhDescription(), DropoutDescription(rate: 0.5),
            SoftmaxDescription(), LayerNormDescription(), BatchNormDescription(), GELUDescription(),
            GELUDescription(approximation: .tanh), SiLUDescription(),
        ] as [any LayerDescription])
    func samplesMayHaveAnyRank(layer: any LayerDescription) throws {
        let rows = try GradientCheck(
            layers: Self.named([layer]), inputShape: [2, 3, 4], loss: MeanSquaredErrorDescription()
        ).run()
        expectAllPass(rows)
        #expect(rows[0].elements == 11 * 24)
        let parameters = Set(rows.filter { $0.scope == .layer && $0.tensor != "input" }.map(\.elements))
        #expect(parameters == (layer is LayerNormDescription || layer is BatchNormDescription ? [4] : []))
    }

    /// Layers inside layers, with and without layers on the shortcut.
    @Test func containersHaveRightGradients() throws {
        let inside = Self.named([LinearDescription(outputs: 6), TanhDescription(), LinearDescription(outputs: 5)])
        let containers: [any LayerDescription] = [
            ReshapeDescription([3, 5]), ResidualDescription(inside),
            ResidualDescription(
                [
                    NamedLayer(name: "inner", description: SequenceDescription(inside)),
                    NamedLayer(name: "bend", description: SigmoidDescription()),
                ],
                shortcut: [NamedLayer(name: "side", description: LinearDescription(outputs: 5))]),
            FlattenDescription(), LinearDescription(outputs: 4),
        ]
        let rows = try GradientCheck(
            layers: Self.named(containers), inputShape: [15], loss: SoftmaxCrossEntropyDescription()
        ).run()
        expectAllPass(rows)
        let tensors = Set(rows.filter { $0.scope == .layer && $0.layer == "residual2" }.map(\.tensor))
        #expect(
            tensors == [
                "input", "inner/linear0/weight", "inner/linear0/bias", "inner/linear2/weight", "inner/linear2/bias",
                "side/weight", "side/bias",
            ])
    }

    /// Sequences on both sides of a block of rows of the causal products, whose triangles begin and end inside.
    @Test(
        arguments: [
            (AttentionDescription(width: 3), Shape([5, 4])),
            (AttentionDescription(isCausal: true, dropout: 0.25, hasBias: false), Shape([6, 3])),
            (MultiHeadAttentionDescription(heads: 2, dropout: 0.25), Shape([5, 6])),
            (MultiHeadAttentionDescription(heads: 3, isCausal: true), Shape([18, 3])),
            (TransformerBlockDescription(heads: 2, hidden: 5, isCausal: true, dropout: 0.25), Shape([3, 4])),
        ] as [(any LayerDescription, Shape)])
    func attentionHasRightGradients(layer: any LayerDescription, inputShape: Shape) throws {
        let layers = Self.named([layer, FlattenDescription(), LinearDescription(outputs: 3)])
        expectAllPass(
            try GradientCheck(layers: layers, inputShape: inputShape, loss: SoftmaxCrossEntropyDescription()).run())
    }

    /// Each lowering of an einsum: products as they lie, packed and swapped, loops, diagonals, batches, labels summed alone, an
    /// extent that is stretched, and no weight at all.
    @Test(
        arguments: [
            ("tc,cd->td", [4, 3], [3, 5]), ("tc,dc->td", [4, 3], [5, 3]), ("tc,cd->dt", [4, 3], [3, 5]),
            ("htc,hcd->thd", [2, 4, 3], [2, 3, 5]), ("ttc,cd->td", [4, 4, 3], [3, 5]),
            ("tc,cdd->td", [4, 3], [3, 5, 5]),
            ("tc,cd->d", [4, 3], [3, 5]), ("tc,d->t", [4, 3], [5]), ("tc,tcd->d", [4, 3], [4, 3, 5]),
            ("tc,c->tc", [4, 3], [3]), ("tc,cde->td", [4, 3], [1, 5, 2]), ("tc->ct", [4, 3], nil),
            ("tt->t", [4, 4], nil),
            ("tc->c", [4, 3], nil),
        ] as [(String, Shape, Shape?)])
    func einsumsHaveRightGradients(equation: String, input: Shape, weight: Shape?) throws {
        let layer = EinsumDescription(try EinsumEquation(equation), weight: weight)
        expectAllPass(
            try GradientCheck(
                layers: Self.named([layer]), inputShape: input, loss: MeanSquaredErrorDescription()
            ).run())
    }

    @Test(arguments: [[5], [4, 1], [3, 1, 1], [1, 4, 5], [1], [3, 4, 5]] as [Shape])
    func broadcastWeightsHaveRightGradients(weight: Shape) throws {
        let layers = [BroadcastOperation.add, .multiply].map { BroadcastDescription($0, shape: weight) }
        expectAllPass(
            try GradientCheck(
                layers: Self.named(layers), inputShape: [3, 4, 5], loss: MeanSquaredErrorDescription()
            ).run())
    }

    @Test func positionalEmbeddingHasRightGradients() throws {
        expectAllPass(
            try GradientCheck(
                layers: Self.named([PositionalEmbeddingDescription(), TanhDescription()]), inputShape: [4, 5],
                loss: MeanSquaredErrorDescription()
            ).run())
    }

    /// Both backends of the product.
    @Test(arguments: ProductBackend.allCases)
    func aWideLinearLayerIsSampled(backend: ProductBackend) throws {
        let rows = try GradientCheck(
            layers: Self.named([LinearDescription(outputs: 20, backend: backend)]), inputShape: [37],
            loss: SoftmaxCrossEntropyDescription()
        ).run()
        expectAllPass(rows)
        let weight = try #require(rows.first { $0.tensor == "weight" })
        #expect(weight.elements == 740 && weight.checked == 200)
        let directions = try #require(rows.first { $0.tensor == "weight" && $0.method == .directions })
        #expect(directions.checked == 4)
    }

    /// Windows that overlap, leave a remainder, reach over the border on one side or both, or are single places; narrower and
    /// wider than the product's panels; with as few channels as a grey image has.
    private static let ofImages: [(any LayerDescription, Shape)] = [
        (Convolution2DDescription(outputs: 4, padding: 1), [4, 5, 2]),
        (Convolution2DDescription(outputs: 8, kernel: 2), [4, 5, 2]),
        (Convolution2DDescription(outputs: 3, stride: 2, padding: 1), [6, 8, 1]),
        (
            Convolution2DDescription(
                outputs: 17, kernel: Extent2D(height: 1, width: 2), stride: Extent2D(height: 2, width: 3),
                padding: Extent2D(height: 0, width: 1), hasBias: false), [4, 6, 3]
        ),
        (Convolution2DDescription(outputs: 5, kernel: 1), [2, 3, 4]),
        (Convolution2DDescription(outputs: 5, kernel: 1, stride: 2), [3, 4, 2]),
        (Convolution2DDescription(outputs: 2, kernel: 2, padding: 1, backend: .blas), [3, 2, 3]),
        (Convolution2DDescription(outputs: 3, kernel: 3, stride: 2, padding: 1, backend: .blas), [6, 5, 2]),
        (MaxPool2DDescription(), [4, 5, 3]), (MaxPool2DDescription(kernel: 3, stride: 2), [5, 7, 2]),
        (GlobalAveragePoolDescription(), [3, 4, 5]), (GlobalAveragePoolDescription(), [6, 3]),
    ]

    @Test(arguments: ofImages)
    func layersOfImagesHaveRightGradients(layer: any LayerDescription, inputShape: Shape) throws {
        expectAllPass(
            try GradientCheck(
                layers: Self.named([layer]), inputShape: inputShape, loss: MeanSquaredErrorDescription()
            ).run())
    }

    /// A block that halves the image, on an odd one too, around it a shortcut of single places.
    @Test(arguments: [6, 7])
    func aResidualBlockOfConvolutionsHasRightGradients(height: Int) throws {
        let block = ResidualDescription(
            Self.named([
                Convolution2DDescription(outputs: 4, kernel: 3, stride: 2, padding: 1), ReLUDescription(),
                Convolution2DDescription(outputs: 4, kernel: 3, padding: 1),
            ]),
            shortcut: [
                NamedLayer(
                    name: "shortcut", description: Convolution2DDescription(outputs: 4, kernel: 1, stride: 2))
            ])
        expectAllPass(
            try GradientCheck(
                layers: Self.named([block, MaxPool2DDescription(), GlobalAveragePoolDescription()]),
                inputShape: [height, 8, 3], loss: SoftmaxCrossEntropyDescription()
            ).run())
    }

    /// Every sequence layer, on the output of another; with one step, one unit or one feature too.
    @Test(
        arguments: [
            (
                [
                    EmbeddingDescription(classes: 11, width: 5), LSTMDescription(outputs: 6),
                    LSTMDescription(outputs: 3),
                ], [5]
            ),
            ([EmbeddingDescription(classes: 2, width: 3), LSTMDescription(outputs: 4, returns: .last)], [4]),
            ([LSTMDescription(outputs: 17, returns: .last), LinearDescription(outputs: 3)], [3, 6]),
            ([LSTMDescription(outputs: 1), LSTMDescription(outputs: 2, returns: .last)], [6, 1]),
            ([LSTMDescription(outputs: 3, backend: .blas)], [1, 2]),
        ] as [([any LayerDescription], Shape)])
    func sequenceLayersHaveRightGradients(layers: [any LayerDescription], inputShape: Shape) throws {
        let rows = try GradientCheck(
            layers: Self.named(layers), inputShape: inputShape, loss: MeanSquaredErrorDescription()
        ).run()
        expectAllPass(rows)
        // Of an LSTM its input, two weights and a bias; of an embedding the table alone.
        let tensors = layers.map { $0 is LSTMDescription ? 4 : $0 is LinearDescription ? 3 : 1 }.reduce(0, +)
        #expect(Set(rows.filter { $0.scope == .layer }.map { "\($0.layer)/\($0.tensor)" }).count == tensors)
    }

    @Test func crossedKinksAreSeenAndSteppedAround() throws {
        let rows = try GradientCheck(
            layers: Self.named([ReLUDescription()]), inputShape: [2000], loss: MeanSquaredErrorDescription()
        ).run()
        expectAllPass(rows)
        // Of 22,000 inputs of deviation 0.1 a direction of length 1 moves each by 7e-6: some cross even so.
        let moved = rows.filter { $0.scope == .layer && $0.method == .directions && $0.magnitude == 0.1 }.map(\.moved)
        #expect(moved.reduce(0, +) > 0)
    }

    @Test(arguments: WrongSlope.Fault.allCases)
    func aWrongGradientFails(fault: WrongSlope.Fault) throws {
        let rows = try GradientCheck(
            layers: [NamedLayer(name: "wrong", description: WrongSlope(fault: fault))], inputShape: [4],
            loss: MeanSquaredErrorDescription()
        ).run()
        let failing = rows.filter { $0.scope == .layer && !$0.passes }
        #expect(Set(failing.map(\.tensor)) == (fault == .none ? [] : [fault.rawValue]))
        #expect(rows.filter { $0.scope == .network }.allSatisfy(\.passes) == (fault == .none))
    }

    /// However few rows there are, and however they are cut.
    @Test(arguments: WrongSlope.Fault.allCases, CheckedBatch.allCases)
    func aWrongGradientOfALayerAloneFails(fault: WrongSlope.Fault, batch: CheckedBatch) throws {
        let layer = NamedLayer(name: "wrong", description: WrongSlope(fault: fault))
        let rows = try GradientCheck(.layer(layer, inputShape: [4]), batch: batch).run()
        #expect(rows.filter { $0.tensor == "input" }.map(\.elements) == [Int](repeating: 4 * batch.rows, count: 6))
        #expect(Set(rows.filter { !$0.passes }.map(\.tensor)) == (fault == .none ? [] : [fault.rawValue]))
    }

    @Test(arguments: CheckedBatch.allCases)
    func aLossAloneIsChecked(batch: CheckedBatch) throws {
        for classes in [true, false] {
            let rows = try GradientCheck(
                .loss(MeanSquaredErrorDescription(), outputShape: [2, 3], classes: classes), batch: batch
            ).run()
            expectAllPass(rows)
            #expect(rows.map(\.elements) == [Int](repeating: 6 * batch.rows, count: 3))
            #expect(Set(rows.map(\.layer)) == ["meanSquaredError (\(classes ? "classes" : "values"))"])
        }
    }

    /// One row has variance 0, and any output of a softmax of one is 1: the gradients are 0, and found to be.
    @Test func gradientsThatAre0PassAndAreSaidToBe() throws {
        func rows(_ layer: any LayerDescription, _ shape: Shape, _ batch: CheckedBatch) throws -> [CheckRow] {
            let subject = CheckSubject.layer(NamedLayer(name: "layer", description: layer), inputShape: shape)
            return try GradientCheck(subject, batch: batch).run() + DualCheck(subject, batch: batch).run()
        }
        let batchNorm = try rows(BatchNormDescription(), [5], .oneRow)
        expectAllPass(batchNorm)
        for row in batchNorm {
            #expect(row.vanishes == (row.mode == .training && row.tensor != "beta"), "\(row.tensor) \(row.mode)")
        }
        let softmax = try rows(SoftmaxDescription(), [1], .severalShards)
        expectAllPass(softmax)
        #expect(softmax.allSatisfy { $0.vanishes })
        let several = try rows(BatchNormDescription(), [5], .oneShard)
        #expect(several.allSatisfy { !$0.vanishes })
    }

    @Test func theWorstRowStandsForAll() throws {
        let rows = try GradientCheck(
            layers: [NamedLayer(name: "wrong", description: WrongSlope(fault: .input))], inputShape: [4],
            loss: MeanSquaredErrorDescription()
        ).run()
        let worst = CheckRow.worst(of: rows)
        #expect(worst.filter { $0.scope == .layer }.map(\.tensor) == ["input", "scale"])
        #expect(worst.first?.passes == false)
        #expect(worst.first?.ratio == rows.filter { $0.scope == .layer && $0.tensor == "input" }.map(\.ratio).max())
    }

    @Test func theWorstElementIsNamedByItsPlaceInTheTensor() throws {
        let rows = try GradientCheck(
            layers: [NamedLayer(name: "wrong", description: WrongSlope(fault: .input))], inputShape: [60],
            loss: MeanSquaredErrorDescription()
        ).run().filter { $0.scope == .layer && $0.tensor == "input" && $0.method == .elements }
        // 660 elements, of which 200 are looked at: some worst one is beyond the two hundredth.
        #expect(rows.map(\.elements) == [Int](repeating: 660, count: 6))
        #expect(rows.contains { $0.worst.index >= 200 })
        for row in rows { #expect((row.worst.analytic / row.worst.numeric - 1.000001).magnitude < 1e-7) }
    }

    /// A layer whose backward pass looks at its output finds it there, and not the sum that it became part of.
    @Test func branchAndShortcutMayEndInAnyLayer() throws {
        for layer in [TanhDescription(), SigmoidDescription(), SoftmaxDescription()] as [any LayerDescription] {
            for shortcut in [[], [NamedLayer(name: "side", description: layer)]] {
                let residual = ResidualDescription(Self.named([layer]), shortcut: shortcut)
                expectAllPass(
                    try GradientCheck(
                        .layer(NamedLayer(name: "residual", description: residual), inputShape: [5])
                    ).run())
            }
        }
    }

    /// Nor is that output written over by a layer behind that works in place, inside a chain or at its end.
    @Test func layersInPlaceLeaveWhatIsNeeded() throws {
        for layer in [TanhDescription(), SigmoidDescription(), SoftmaxDescription()] as [any LayerDescription] {
            for behind in [SigmoidDescription(), GELUDescription()] as [any LayerDescription] {
                let inside = SequenceDescription(Self.named([layer, behind]))
                let layers: [any LayerDescription] = [
                    LinearDescription(outputs: 4), layer, behind, LinearDescription(outputs: 3), inside,
                ]
                expectAllPass(
                    try GradientCheck(
                        layers: Self.named(layers), inputShape: [5], loss: MeanSquaredErrorDescription()
                    ).run())
            }
        }
    }

    /// The shortcut's gradient of X lies where none of its layers has another.
    @Test func aShortcutMayHaveSeveralLayers() throws {
        let residual = ResidualDescription(
            Self.named([LinearDescription(outputs: 5)]),
            shortcut: [
                NamedLayer(name: "a", description: LinearDescription(outputs: 40)),
                NamedLayer(name: "b", description: LinearDescription(outputs: 5)),
            ])
        expectAllPass(
            try GradientCheck(.layer(NamedLayer(name: "residual", description: residual), inputShape: [40])).run())
    }

    @Test func layersThatDoNotFitAreNamed() {
        #expect(throws: ShapeError.self) {
            try GradientCheck(
                layers: Self.named([BatchNormDescription()]), inputShape: [], loss: MeanSquaredErrorDescription()
            ).run()
        }
    }
}
