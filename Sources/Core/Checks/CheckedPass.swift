/// A chain of layers that ends in one number L = Σ terms, on fixed random inputs: what the checks differentiate.
final class CheckedPass<Scalar: TrainingScalar> {
    let network: Network<Scalar>
    let input: AlignedBuffer<Scalar>
    /// How many whole numbers an input may be; nil where it is any number.
    let inputClasses: Int?
    /// The terms of L.
    let termCount: Int

    private let context: PassContext
    private let inputGradient: AlignedBuffer<Scalar>
    private let loss: (any Loss<Scalar>)?
    private let classes: AlignedBuffer<Int32>
    private let targetValues: AlignedBuffer<Scalar>
    private let usesClasses: Bool
    private let weighting: AlignedBuffer<Scalar>

    init(_ setting: CheckedSetting) throws(ShapeError) {
        let layout = setting.layout
        let rows = layout.rows
        let limits = PassLimits(rows: rows, shards: layout.shardCount, roots: layout.roots.count)
        let random = CheckRandom(seed: setting.seed)
        network = try Network(setting.layers, inputShape: setting.inputShape)
        network.arena.seal(rootCount: limits.roots)
        network.arena.initialize(seed: setting.seed)
        network.prepare(limits: limits)
        let outputs = network.outputShape.elementCount

        let inputCount = rows * setting.inputShape.elementCount
        inputClasses = setting.layers.inputClasses
        if let inputClasses {
            input = Self.buffer(
                random.integers(.input, below: inputClasses, count: inputCount).map { Double($0) }, scale: 1)
        } else {
            input = Self.buffer(random.normals(.input, count: inputCount), scale: setting.magnitude)
        }
        inputGradient = AlignedBuffer(count: input.count)
        context = Self.context(mode: setting.mode, setting)
        switch setting.end {
        case .weighting:
            loss = nil
            usesClasses = false
            termCount = rows * outputs
        case .loss(let description, let classes):
            loss = try description.makeLoss(outputShape: network.outputShape, scalar: Scalar.self)
            usesClasses = classes
            termCount = rows
        }
        loss?.prepare(limits: limits)
        let places = rows * network.outputShape.rowCount
        classes = AlignedBuffer(count: places)
        let drawn = random.integers(.classes, below: network.outputShape.last, count: places)
        for (place, target) in drawn.enumerated() { classes[place] = target }
        targetValues = Self.buffer(random.normals(.targets, count: rows * outputs), scale: 1)
        weighting = Self.buffer(
            random.normals(.weighting, count: rows * outputs), scale: 1 / Double(rows * outputs).squareRoot())
        moveConstants(random)
        if setting.mode == .inference {
            // Running statistics that a batch has moved.
            _ = evaluate(context: Self.context(mode: .training, setting))
        }
    }

    private static func buffer(_ values: [Double], scale: Double) -> AlignedBuffer<Scalar> {
        let buffer = AlignedBuffer<Scalar>(count: values.count)
        for (i, value) in values.enumerated() { buffer[i] = Scalar(value * scale) }
        return buffer
    }

    private static func context(mode: PassMode, _ setting: CheckedSetting) -> PassContext {
        PassContext(
            mode: mode, seed: setting.seed, step: 3, globalRows: setting.layout.rows, firstPosition: 5,
            shards: setting.layout, batchReduction: TreeBatchReduction())
    }

    /// Moves what starts at a constant (biases, gamma, beta) off it: a forgotten factor of 1 would show nothing.
    private func moveConstants(_ random: CheckRandom) {
        for (ordinal, parameter) in network.arena.parameters.enumerated() {
            guard parameter.initializer.isConstant else { continue }
            let shifts = random.normals(.parameters, variant: ordinal, count: parameter.count)
            let values = network.arena.values + parameter.offset
            for (i, shift) in shifts.enumerated() { values[i] = values[i] + Scalar(0.25 * shift) }
        }
    }

    private var rows: Int { context.globalRows }

    private var inputView: TensorView<Scalar> {
        TensorView(base: input.base, rows: rows, sampleShape: network.inputShape)
    }

    // MARK: Forward

    /// Runs layers `first`… and the loss on what the layers before left.
    ///
    /// - Returns: the pieces that the pass went over.
    func evaluate(from first: Int = 0) -> PieceSignature { evaluate(from: first, context: context) }

    private func evaluate(from first: Int = 0, context: PassContext) -> PieceSignature {
        var signature = PieceSignature()
        var first = first
        // What such a layer had as its input is its output by now.
        while network.chain.isInPlace(first) { first -= 1 }
        var current = first == 0 ? inputView : network.activation(first - 1, rows: rows)
        for index in first..<network.layers.count {
            let layer = network.layers[index]
            let output = network.activation(index, rows: rows)
            layer.forward(current, into: output, context: context)
            if let layer = layer as? any PiecewiseLayer<Scalar> { layer.notePieces(in: &signature) }
            current = output
        }
        guard let loss else { return signature }
        let targets: Targets<Scalar> = usesClasses ? .classes(classes.base) : .values(targetValues.base)
        loss.forward(current, targets: targets, context: context)
        return signature
    }

    /// Writes the terms of L of the last evaluation.
    func writeTerms(_ terms: UnsafeMutablePointer<Scalar>) {
        if let loss {
            let share = Scalar(1 / Double(rows))
            for n in 0..<termCount { terms[n] = loss.rowLosses[n] * share }
        } else {
            let output = network.activation(network.layers.count - 1, rows: rows)
            for i in 0..<termCount { terms[i] = weighting[i] * output.base[i] }
        }
    }

    /// L of the last evaluation.
    func sum() -> Scalar {
        let terms = AlignedBuffer<Scalar>(count: termCount)
        writeTerms(terms.base)
        return RowReduction.sum(terms.base, count: termCount)
    }

    // MARK: Backward

    /// The hand-written gradient of L, in logical order.
    struct Gradient {
        let input: [Scalar]
        /// One array a parameter of the arena.
        let parameters: [[Scalar]]
    }

    /// Runs forward and backward and merges the roots' partials along the tree.
    func differentiate() -> Gradient {
        _ = evaluate()
        let outputGradient = network.outputGradient(rows: rows)
        if let loss {
            loss.backward(into: outputGradient, context: context)
        } else {
            outputGradient.base.update(from: weighting.base, count: outputGradient.count)
        }
        let arena = network.arena
        // What a layer does not assign, it would have to answer for.
        inputGradient.base.update(repeating: Scalar(.nan), count: inputGradient.count)
        for root in 0..<arena.rootCount {
            arena.gradients(root: root).update(repeating: Scalar(.nan), count: arena.storageCount)
        }
        network.backward(
            into: TensorView(base: inputGradient.base, rows: rows, sampleShape: network.inputShape), rows: rows,
            context: context)
        let parameters = arena.parameters.map { parameter in
            let merged = TreeBatchReduction.merged(length: parameter.count, merge: .sum, layout: context.shards) {
                UnsafePointer(arena.gradients(root: $0) + parameter.offset)
            }
            guard let merged else { fatalError("the checked batch is empty") }
            return (0..<parameter.count).map { merged[parameter.storageIndex($0)] }
        }
        return Gradient(input: Array(inputGradient.elements), parameters: parameters)
    }
}
