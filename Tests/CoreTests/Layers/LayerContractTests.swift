import Core
import Testing

/// What every layer owes, whatever it computes.
struct LayerContractTests {
    /// A layer, and what it is tried on.
    struct Subject: Sendable, CustomTestStringConvertible {
        let layer: any LayerDescription
        let inputShape: Shape
        /// How large its inputs are.
        let scale: Double

        init(_ layer: any LayerDescription, on inputShape: Shape = [37], scale: Double = 2) {
            self.layer = layer
            self.inputShape = inputShape
            self.scale = scale
        }

        var testDescription: String { "\(layer.kind) on \(inputShape)" }

        /// The sums over the batch that a step asks for, and the rows that they are over in each sample.
        var sums: (calls: Int, rowsPerSample: Int) { layer is BatchNormDescription ? (2, inputShape.rowCount) : (0, 1) }

        /// Numbers, or whole numbers where the layer takes those.
        func input(rows: Int, phase: Double = 0) -> [Double] {
            let count = rows * inputShape.elementCount
            guard let classes = layer.inputClasses else { return numbers(count, scale: scale, phase: phase) }
            return (0..<count).map { Double(($0 * $0 + 3 * $0) % classes) }
        }
    }

    static let layers: [Subject] = [
        Subject(LinearDescription(outputs: 5)), Subject(ReLUDescription()), Subject(SigmoidDescription()),
        Subject(TanhDescription()), Subject(SoftmaxDescription()), Subject(DropoutDescription(rate: 0.3)),
        Subject(DropoutDescription(rate: 0)), Subject(ReshapeDescription([1, 37])), Subject(BatchNormDescription()),
        Subject(Convolution2DDescription(outputs: 5, kernel: 3, padding: 1), on: [5, 4, 3]),
        Subject(Convolution2DDescription(outputs: 4, kernel: 1), on: [3, 2, 5]),
        Subject(MaxPool2DDescription(kernel: 3, stride: 2), on: [5, 8, 3]),
        Subject(GlobalAveragePoolDescription(), on: [5, 4, 3]),
        Subject(AttentionDescription(width: 5, dropout: 0.3), on: [7, 3], scale: 0.5),
        Subject(AttentionDescription(isCausal: true), on: [19, 2], scale: 0.5),
        Subject(MultiHeadAttentionDescription(heads: 2, dropout: 0.3), on: [5, 6], scale: 0.5),
        Subject(MultiHeadAttentionDescription(heads: 3, isCausal: true, hasBias: false), on: [18, 6], scale: 0.5),
        Subject(BatchNormDescription(), on: [3, 2, 5]),
        Subject(LayerNormDescription()), Subject(LayerNormDescription(), on: [3, 19]), Subject(GELUDescription()),
        Subject(GELUDescription(approximation: .tanh)), Subject(SiLUDescription()),
        Subject(LSTMDescription(outputs: 5), on: [3, 7]),
        Subject(LSTMDescription(outputs: 17, returns: .last), on: [4, 3]),
        Subject(EmbeddingDescription(classes: 13, width: 5), on: [3]),
        Subject(EinsumDescription(try! EinsumEquation("tc,cd->td"), weight: [5, 3]), on: [7, 5]),
        Subject(EinsumDescription(try! EinsumEquation("tc,dtc->dc"), weight: [3, 7, 1]), on: [7, 5]),
        Subject(EinsumDescription(try! EinsumEquation("ttc->ct")), on: [5, 5, 2]),
        Subject(BroadcastDescription(.add, shape: [37])), Subject(BroadcastDescription(.multiply, shape: [1])),
        Subject(BroadcastDescription(.add, shape: [4, 1]), on: [3, 4, 5]),
        Subject(BroadcastDescription(.multiply, shape: [3, 1, 5]), on: [3, 4, 5]),
        Subject(PositionalEmbeddingDescription(), on: [7, 5]),
        Subject(TransformerBlockDescription(heads: 2, isCausal: true, dropout: 0.3), on: [5, 4]),
    ]
    private static let rowCounts = [3, 2, 0, 1, 3, 2, 0, 0]

    /// Blocks, and what they are made of.
    private static let containers: [Subject] = [
        Subject(SequenceDescription([NamedLayer(name: "a", description: LinearDescription(outputs: 5))])),
        Subject(
            SequenceDescription(
                [
                    NamedLayer(name: "a", description: LinearDescription(outputs: 9)),
                    NamedLayer(name: "b", description: DropoutDescription(rate: 0.3)),
                    NamedLayer(name: "c", description: LinearDescription(outputs: 5)),
                ], recomputes: true)),
        Subject(
            ResidualDescription(
                [NamedLayer(name: "a", description: LinearDescription(outputs: 5))],
                shortcut: [NamedLayer(name: "b", description: LinearDescription(outputs: 5))])),
        Subject(ResidualDescription([NamedLayer(name: "a", description: TanhDescription())])),
        Subject(SequenceDescription([NamedLayer(name: "a", description: TanhDescription())])),
    ]

    /// What other hosts may be sent while the backward pass goes on does not change any more.
    @Test(arguments: layers + containers)
    func gradientsAreFinalOnceTheyAreFinished(subject: Subject) throws {
        let flat = try TestNetwork<Float>(subject.layer, inputShape: subject.inputShape, rowCounts: [1])
            .network.outputShape.elementCount
        let roots = [0..<4, 4..<8]
        let small = try TestNetwork<Float>(
            [
                NamedLayer(name: "layer", description: subject.layer),
                NamedLayer(name: "flat", description: ReshapeDescription([flat])),
                NamedLayer(name: "linear1", description: LinearDescription(outputs: 6)),
                NamedLayer(name: "relu", description: ReLUDescription()),
                NamedLayer(name: "linear2", description: LinearDescription(outputs: 3)),
            ], inputShape: subject.inputShape, rowCounts: Self.rowCounts, roots: roots)
        let arena = small.network.arena
        func bits(from element: Int) -> [UInt32] {
            roots.indices.flatMap { root in
                (element..<arena.storageCount).map { arena.gradients(root: root)[$0].bitPattern }
            }
        }
        let rows = Self.rowCounts.reduce(0, +)
        _ = small.forward(subject.input(rows: rows))
        for root in roots.indices {
            arena.gradients(root: root).update(repeating: Float.nan, count: arena.storageCount)
        }
        var told: [(element: Int, bits: [UInt32])] = []
        small.backwardForParameters(numbers(rows * 3)) { told.append(($0, bits(from: $0))) }
        let first = arena.parameters.first { $0.name.hasPrefix("linear") }!.offset
        let second = arena.parameters.first { $0.name.hasPrefix("linear2") }!.offset
        #expect(told.map(\.element).prefix(3) == [second, second, first])
        #expect(told.last?.element == 0)
        for (element, before) in told { #expect(before == bits(from: element), "from element \(element)") }
    }

    /// Everything that a forward and a backward pass leave, as numbers to compare.
    private func run<Scalar: TrainingScalar>(
        _ subject: Subject, _ scalar: Scalar.Type, roots: [Range<Int>]? = nil
    ) throws -> (outputs: [Scalar], gradients: [[Scalar]]) {
        let network = try TestNetwork<Scalar>(
            subject.layer, inputShape: subject.inputShape, rowCounts: Self.rowCounts, roots: roots)
        for parameter in network.network.arena.parameters {
            network.set(parameter.name, numbers(parameter.count, phase: 0.5))
        }
        let rows = network.layout.rows
        let outputs = network.forward(subject.input(rows: rows))
        let dX = network.backward(numbers(rows * network.network.outputShape.elementCount, phase: 2))
        let buffers = network.network.arena.buffers.map { network.buffer($0.name) }
        let gradients = network.network.arena.parameters.map { network.gradient($0.name) }
        return (outputs, [dX] + gradients + buffers)
    }

    /// However the tree is cut into roots, and so whichever ranks there are, the bits are the same.
    @Test(arguments: layers)
    func rootsDoNotChangeABit(subject: Subject) throws {
        let one = try run(subject, Float.self)
        for cut in 1..<8 {
            let roots =
                ShardTree.maximalSubtrees(of: 0..<cut, shards: 8) + ShardTree.maximalSubtrees(of: cut..<8, shards: 8)
            let several = try run(subject, Float.self, roots: roots)
            #expect(several.outputs.map(\.bitPattern) == one.outputs.map(\.bitPattern), "cut at \(cut)")
            #expect(
                several.gradients.map { $0.map(\.bitPattern) } == one.gradients.map { $0.map(\.bitPattern) },
                "cut at \(cut)")
        }
    }

    @Test(arguments: layers)
    func floatDoubleAndDualAgree(subject: Subject) throws {
        let float = try run(subject, Float.self)
        let double = try run(subject, Double.self)
        let dual = try run(subject, Dual<Double>.self)
        #expect(float.outputs.reals.isClose(to: double.outputs, 1e-5))
        #expect(dual.outputs.reals.isClose(to: double.outputs, 1e-13))
        for (index, gradient) in double.gradients.enumerated() {
            #expect(float.gradients[index].reals.isClose(to: gradient, 1e-5))
            #expect(dual.gradients[index].reals.isClose(to: gradient, 1e-13))
        }
    }

    /// On dual numbers the backward pass differentiates the gradient: its tangents are what a small step does to it.
    /// Whole numbers make no small steps.
    @Test(arguments: layers.filter { $0.layer.inputClasses == nil })
    func dualBackwardGivesTheGradientsDerivative(subject: Subject) throws {
        let rowCounts = [2, 0, 3]
        let inputShape = subject.inputShape
        let x = subject.input(rows: 5, phase: 0.7)
        let direction = numbers(x.count, phase: 1)
        func gradient<Scalar: TrainingScalar>(_ make: (Int) -> Scalar) throws -> [Scalar] {
            let network = try TestNetwork<Scalar>(subject.layer, inputShape: inputShape, rowCounts: rowCounts)
            let memory = AlignedBuffer<Scalar>(count: x.count)
            for i in x.indices { memory[i] = make(i) }
            let context = PassContext(
                mode: .training, seed: 1, step: 0, globalRows: 5, firstPosition: 0, shards: network.layout,
                batchReduction: SingleBatchReduction())
            let input = TensorView(base: memory.base, rows: 5, sampleShape: inputShape)
            let output = network.network.forward(input, context: context)
            let dY = network.network.outputGradient(rows: 5)
            for (i, value) in numbers(output.count, phase: 2).enumerated() { dY.base[i] = Scalar(value) }
            let dX = AlignedBuffer<Scalar>(count: x.count)
            network.network.backward(
                into: TensorView(base: dX.base, rows: 5, sampleShape: inputShape), rows: 5, context: context)
            return Array(dX.elements)
        }
        let tangents = try gradient { Dual<Double>(value: x[$0], tangent: direction[$0]) }.map(\.tangent)
        let step = 0x1p-16
        let above: [Double] = try gradient { x[$0] + step * direction[$0] }
        let below: [Double] = try gradient { x[$0] - step * direction[$0] }
        let differences = zip(above, below).map { ($0 - $1) / (2 * step) }
        #expect(tangents.isClose(to: differences, 1e-8))
    }

    @Test(arguments: layers)
    func theInputGradientMayBeLeftOut(subject: Subject) throws {
        let network = try TestNetwork<Double>(
            subject.layer, inputShape: subject.inputShape, rowCounts: [2, 1])
        let x = subject.input(rows: 3)
        let dY = numbers(3 * network.network.outputShape.elementCount)
        _ = network.forward(x)
        _ = network.backward(dY)
        let expected = network.network.arena.parameters.map { network.gradient($0.name) }
        _ = network.forward(x)
        network.network.arena.gradients(root: 0).update(repeating: 9, count: network.network.arena.storageCount)
        let context = PassContext(
            mode: .training, seed: 1, step: 0, globalRows: 3, firstPosition: 0, shards: network.layout,
            batchReduction: SingleBatchReduction())
        network.network.backward(into: nil, rows: 3, context: context)
        #expect(network.network.arena.parameters.map { network.gradient($0.name) } == expected)
    }

    /// What a layer says that it does not look at again may be written over: with what no result survives.
    @Test(arguments: layers + containers)
    func memoryThatIsNotNeededMayBeWrittenOver(subject: Subject) throws {
        let expected = try run(subject, Float.self)
        let network = try TestNetwork<Float>(
            subject.layer, inputShape: subject.inputShape, rowCounts: Self.rowCounts)
        for parameter in network.network.arena.parameters {
            network.set(parameter.name, numbers(parameter.count, phase: 0.5))
        }
        let rows = network.layout.rows
        let layer = network.network.layers[0]
        let context = PassContext(
            mode: .training, seed: 1, step: 0, globalRows: rows, firstPosition: 0, shards: network.layout,
            batchReduction: SingleBatchReduction())
        let outputCount = rows * layer.outputShape.elementCount
        let inputMemory = AlignedBuffer<Float>(count: rows * layer.inputShape.elementCount)
        for (i, value) in subject.input(rows: rows).enumerated() { inputMemory[i] = Float(value) }
        let outputMemory = layer.worksInPlace ? inputMemory : AlignedBuffer(count: outputCount)
        let output = TensorView(base: outputMemory.base, rows: rows, sampleShape: layer.outputShape)
        layer.forward(
            TensorView(base: inputMemory.base, rows: rows, sampleShape: layer.inputShape), into: output,
            context: context)
        #expect(output.elements.map(\.bitPattern) == expected.outputs.map(\.bitPattern))
        if !layer.needsOutput { output.elements.update(repeating: .nan) }
        let dY = AlignedBuffer<Float>(count: outputCount)
        for (i, value) in numbers(outputCount, phase: 2).enumerated() { dY[i] = Float(value) }
        let dX = layer.isIdentity ? dY : AlignedBuffer(count: inputMemory.count)
        layer.backward(
            TensorView(base: dY.base, rows: rows, sampleShape: layer.outputShape),
            into: TensorView(base: dX.base, rows: rows, sampleShape: layer.inputShape), context: context)
        let gradients =
            [Array(dX.elements)] + network.network.arena.parameters.map { network.gradient($0.name) }
            + network.network.arena.buffers.map { network.buffer($0.name) }
        #expect(gradients.map { $0.map(\.bitPattern) } == expected.gradients.map { $0.map(\.bitPattern) })
    }

    /// A rank with shards but no rows takes part in every sum, and leaves its gradients alone.
    @Test(arguments: layers)
    func aRankWithoutRowsLeavesItsGradientsAlone(subject: Subject) throws {
        let network = try Network<Float>(
            [NamedLayer(name: "layer", description: subject.layer)], inputShape: subject.inputShape)
        network.arena.seal(rootCount: 1)
        network.prepare(limits: PassLimits(rows: 0, shards: 1, roots: 1))
        network.arena.gradients(root: 0).update(repeating: 9, count: network.arena.storageCount)
        let neighbour = RecordingReduction(rows: 4 * subject.sums.rowsPerSample)
        let context = PassContext(
            mode: .training, seed: 1, step: 0, globalRows: 4, firstPosition: 0,
            shards: ShardLayout(rowCounts: [0], roots: [0..<1]), batchReduction: neighbour)
        let memory = AlignedBuffer<Float>(count: 0)
        let empty = TensorView(base: memory.base, rows: 0, sampleShape: subject.inputShape)
        _ = network.forward(empty, context: context)
        network.backward(into: empty, rows: 0, context: context)
        #expect(neighbour.calls == subject.sums.calls)
        for parameter in network.arena.parameters {
            #expect(parameter.range.allSatisfy { network.arena.gradients(root: 0)[$0] == 9 })
        }
    }

    @Test func aWrongShapeTrapsWithBothShapes() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let layer = try ReLUDescription().makeLayer(
                name: "relu7", ordinal: 0, inputShape: [4], arena: ParameterArena<Float>())
            let memory = AlignedBuffer<Float>(count: 12)
            let context = PassContext(
                mode: .training, seed: 1, step: 0, globalRows: 2, firstPosition: 0,
                shards: ShardLayout(rows: 2, shards: 1), batchReduction: SingleBatchReduction())
            layer.forward(
                TensorView(base: memory.base, rows: 2, sampleShape: [6]),
                into: TensorView(base: memory.base, rows: 2, sampleShape: [4]), context: context)
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("layer relu7: expected an input of shape [4], given [6]"))
    }
}

/// Answers as if other ranks held all rows: a count, and zeros.
private final class RecordingReduction: BatchReduction {
    private let rows: Int
    private(set) var calls = 0

    init(rows: Int) { self.rows = rows }

    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into result: UnsafeMutablePointer<Element>
    ) {
        calls += 1
        result.update(repeating: .zero, count: length)
        if merge == .moments { result[0] = Element(Double(rows)) }
    }
}
