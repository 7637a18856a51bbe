import Core

/// A small network with its memory, driven with arrays: what the layers' tests work on.
final class TestNetwork<Scalar: TrainingScalar> {
    let network: Network<Scalar>
    let layout: ShardLayout
    private let reduction: any BatchReduction
    private let input: AlignedBuffer<Scalar>
    private let inputGradient: AlignedBuffer<Scalar>
    private var context: PassContext?

    /// - Parameters:
    ///   - rowCounts: the rows of each shard.
    ///   - roots: the subtrees to export; nil for one root.
    init(
        _ layers: [NamedLayer], inputShape: Shape, rowCounts: [Int], roots: [Range<Int>]? = nil
    ) throws {
        layout = ShardLayout(rowCounts: rowCounts, roots: roots ?? [0..<rowCounts.count])
        reduction = roots == nil ? SingleBatchReduction() : TreeBatchReduction()
        network = try Network(layers, inputShape: inputShape)
        network.arena.seal(rootCount: layout.roots.count)
        network.arena.initialize(seed: 1)
        network.prepare(
            limits: PassLimits(rows: layout.rows, shards: layout.shardCount, roots: layout.roots.count))
        input = AlignedBuffer(count: layout.rows * inputShape.elementCount)
        inputGradient = AlignedBuffer(count: input.count)
    }

    convenience init(
        _ layer: any LayerDescription, inputShape: Shape, rowCounts: [Int], roots: [Range<Int>]? = nil
    ) throws {
        try self.init(
            [NamedLayer(name: "layer", description: layer)], inputShape: inputShape, rowCounts: rowCounts, roots: roots)
    }

    /// Runs forward; the first row's position in the epoch is `firstPosition`, and the batch has `globalRows` rows if other
    /// passes take the rest.
    func forward(
        _ x: [Double], mode: PassMode = .training, seed: UInt64 = 1, step: Int = 0, firstPosition: Int = 0,
        globalRows: Int? = nil
    ) -> [Scalar] {
        for (i, value) in x.enumerated() { input[i] = Scalar(value) }
        let context = PassContext(
            mode: mode, seed: seed, step: step, globalRows: globalRows ?? layout.rows, passRows: layout.rows,
            firstPosition: firstPosition, shards: layout, batchReduction: reduction)
        self.context = context
        return Array(network.forward(view(input), context: context).elements)
    }

    /// Runs backward from `dY`; the gradient with respect to the input.
    func backward(_ dY: [Double]) -> [Scalar] {
        let gradient = network.outputGradient(rows: layout.rows)
        for (i, value) in dY.enumerated() { gradient.base[i] = Scalar(value) }
        return backward()
    }

    /// Runs backward from what the loss wrote into the output gradient.
    func backward() -> [Scalar] {
        network.backward(into: view(inputGradient), rows: layout.rows, context: context!)
        return Array(inputGradient.elements)
    }

    /// Runs backward for the parameters' gradients alone.
    ///
    /// - Parameter finished: told from which element of the arena on gradients are done.
    func backwardForParameters(_ dY: [Double], finished: (Int) -> Void = { _ in }) {
        let gradient = network.outputGradient(rows: layout.rows)
        for (i, value) in dY.enumerated() { gradient.base[i] = Scalar(value) }
        network.backward(rows: layout.rows, context: context!, finished: finished)
    }

    private func view(_ buffer: AlignedBuffer<Scalar>) -> TensorView<Scalar> {
        TensorView(base: buffer.base, rows: layout.rows, sampleShape: network.inputShape)
    }

    // MARK: Parameters, in logical order

    private func parameter(_ name: String) -> Parameter { network.arena.parameters.first { $0.name == name }! }

    func set(_ name: String, _ values: [Double]) {
        let parameter = parameter(name)
        precondition(values.count == parameter.count)
        for (i, value) in values.enumerated() {
            network.arena.values[parameter.offset + parameter.storageIndex(i)] = Scalar(value)
        }
    }

    func values(_ name: String) -> [Scalar] {
        let parameter = parameter(name)
        return (0..<parameter.count).map { network.arena.values[parameter.offset + parameter.storageIndex($0)] }
    }

    /// The gradient of the whole batch: the roots' partials merged along the tree.
    func gradient(_ name: String) -> [Scalar] {
        let parameter = parameter(name)
        let arena = network.arena
        let merged = TreeBatchReduction.merged(length: parameter.count, merge: .sum, layout: layout) {
            UnsafePointer(arena.gradients(root: $0) + parameter.offset)
        }!
        return (0..<parameter.count).map { merged[parameter.storageIndex($0)] }
    }

    func buffer(_ name: String) -> [Scalar] {
        let buffer = network.arena.buffers.first { $0.name == name }!
        return (0..<buffer.count).map { network.arena.bufferValues[buffer.offset + $0] }
    }

    func setBuffer(_ name: String, _ values: [Double]) {
        let buffer = network.arena.buffers.first { $0.name == name }!
        for (i, value) in values.enumerated() { network.arena.bufferValues[buffer.offset + i] = Scalar(value) }
    }
}

extension [Double] {
    /// Whether every element is within `tolerance` of the expected one, relative to it or to 1 if that is more.
    func isClose(to expected: [Double], _ tolerance: Double) -> Bool {
        count == expected.count
            && zip(self, expected).allSatisfy { ($0 - $1).magnitude <= tolerance * Swift.max(1, $1.magnitude) }
    }
}

extension Array where Element: TrainingScalar {
    var reals: [Double] { map(\.real) }
}

/// `count` smooth, unequal numbers within ±`scale`.
func numbers(_ count: Int, scale: Double = 1, phase: Double = 0) -> [Double] {
    (0..<count).map { scale * Double.sin(1.7 * Double($0) + phase + 0.3 * Double($0 * $0 % 11)) }
}
