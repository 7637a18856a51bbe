import CSystem

/// A long short-term memory: a cell that is carried along a sequence, and gates that say what enters, stays and leaves.
///
/// For each step, with h and c those of the step before (0 before the first) and the gates' sums in four parts i, f, g, o:
/// [i, f, g, o] = x·Wₓ + h·Wₕ + b;  c ← σ(f)·c + σ(i)·tanh(g);  h ← σ(o)·tanh(c).
///
/// T steps, C features, H units. Derivation: Documentation/lstm.md.
/// Source: Hochreiter & Schmidhuber, "Long short-term memory" (1997); the forget gate: Gers, Schmidhuber & Cummins, "Learning
/// to forget" (2000).
public final class LSTM<Scalar: TrainingScalar>: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public var needsOutput: Bool { false }

    private let arena: ParameterArena<Scalar>
    private let inputWeight: ParameterID
    private let hiddenWeight: ParameterID
    private let bias: ParameterID
    /// X·Wₓ and h·Wₕ.
    private let inputProduct: MatrixProduct<Scalar>
    private let hiddenProduct: MatrixProduct<Scalar>

    /// X of the last forward pass, for dWₓ.
    private var input: TensorView<Scalar>?
    private var memory: LSTMMemory<Scalar>?
    private var biasSums: ShardAccumulator<Scalar>?

    private var steps: Int { inputShape.dimensions[0] }
    private var units: Int { hiddenProduct.inputs }
    /// The elements of the gates of one step: 4H.
    private var gateCount: Int { hiddenProduct.outputs }
    /// Whether Y is the h of all steps, not of the last alone.
    private var givesAllSteps: Bool { outputShape.rank == 2 }

    fileprivate init(name: String, inputShape: Shape, _ description: LSTMDescription, arena: ParameterArena<Scalar>) {
        self.name = name
        self.inputShape = inputShape
        self.arena = arena
        let (steps, features, units) = (inputShape.dimensions[0], inputShape.last, description.outputs)
        outputShape = description.returns == .sequence ? [steps, units] : [units]
        inputProduct = MatrixProduct(
            inputs: features, outputs: 4 * units, rowsPerSample: steps, backend: description.backend)
        hiddenProduct = MatrixProduct(
            inputs: units, outputs: 4 * units, rowsPerSample: steps, backend: description.backend)
        inputWeight = arena.declare(
            "\(name)/input_weight", shape: [features, 4 * units], initializer: description.initializer,
            fanIn: features, fanOut: 4 * units, layout: inputProduct.weightLayout, product: inputProduct.shape(),
            decays: true)
        hiddenWeight = arena.declare(
            "\(name)/hidden_weight", shape: [units, 4 * units], initializer: description.initializer,
            fanIn: units, fanOut: 4 * units, layout: hiddenProduct.weightLayout, product: hiddenProduct.shape(.step),
            decays: true)
        bias = arena.declare(
            "\(name)/bias", shape: [4 * units], initializer: .parts([0, description.forgetBias, 0, 0]), decays: false)
    }

    public func prepare(limits: PassLimits) {
        inputProduct.prepare(limits: limits)
        // Two steps back or more: its weight is used again.
        hiddenProduct.prepare(limits: limits, keepsWeight: steps > 2)
        memory = LSTMMemory(limit: limits.rows, steps: steps, units: units)
        biasSums = ShardAccumulator(length: gateCount, merge: .sum, shardCount: limits.shards)
    }

    private func prepared(rows: Int) -> LSTMMemory<Scalar> {
        guard let memory else { fatalError("layer \(name): used before prepare") }
        require(rows <= memory.limit, "layer \(name): prepared for \(memory.limit) rows, given \(rows)")
        return memory
    }

    /// Y[n, t] = h after step t, or Y[n] = h after the last step.
    ///
    /// X·Wₓ + b of all steps is one product; h·Wₕ has to wait for h and is one a step.
    public func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
        expectForward(input, output)
        let rows = input.rows
        let memory = prepared(rows: rows)
        self.input = input
        inputProduct.forward(
            input.base, rows: rows * steps, weight: arena.values(inputWeight),
            bias: UnsafePointer(arena.values(bias)), into: memory.gates.base)
        advance(rows: rows, memory, into: output.base)
    }

    /// Through time, from the last step to the first, with dH and dC what the steps after it owe to h and c of a step:
    /// dH += dY;  dC += dH·o·(1 − tanh²c);  dG = [dC·g·i·(1 − i), dC·c₋·f·(1 − f), dC·i·(1 − g²), dH·tanh c·o·(1 − o)];
    /// then for the step before dC = dC·f and dH = dG·Wₕᵀ. Of all steps together:
    /// dX = dG·Wₓᵀ;  dWₓ = Σ xᵀ·dG;  dWₕ = Σ h₋ᵀ·dG;  db = Σ dG. c₋ and h₋ are those before the step.
    public func backward(
        _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
    ) {
        expectBackward(outputGradient, inputGradient)
        let rows = outputGradient.rows
        let memory = prepared(rows: rows)
        guard let input, let biasSums else { fatalError("layer \(name): backward before forward") }
        retreat(rows: rows, memory, from: outputGradient.base)
        for root in context.shards.roots.indices {
            hiddenProduct.weightGradient(
                memory.previousHidden.base, memory.gates.base, layout: context.shards, root: root,
                into: arena.gradient(hiddenWeight, root: root), alongside: inputProduct, input.base,
                into: arena.gradient(inputWeight, root: root))
            biasSums.reduce(root: root, of: context.shards, into: arena.gradient(bias, root: root)) { samples, db in
                RowReduction.sumRows(
                    memory.gates.base, samples.rows(each: steps), width: gateCount, into: db)
            }
        }
        if let inputGradient {
            inputProduct.inputGradient(
                memory.gates.base, rows: rows * steps, weight: arena.values(inputWeight),
                into: inputGradient.base)
        }
    }

    // MARK: Step by step

    /// Where step `step` of a sample lies in its part of Y, or of dY; nil if it is not in it.
    private func place(ofStep step: Int) -> Int? {
        if givesAllSteps { return step * units }
        return step == steps - 1 ? 0 : nil
    }

    /// The gates, c and h of every step, from the first to the last.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func advance(rows: Int, _ memory: LSTMMemory<Scalar>, into output: UnsafeMutablePointer<Scalar>) {
        let (steps, units, gateCount, outputCount) = (steps, units, gateCount, outputShape.elementCount)
        let weight = arena.values(hiddenWeight)
        for n in 0..<rows {
            (memory.previousHidden.base + n &* steps &* units).update(repeating: .zero, count: units)
            (memory.previousCell.base + n &* steps &* units).update(repeating: .zero, count: units)
        }
        // Before the first step h is 0, and with it its share.
        memory.hiddenShare.base.update(repeating: .zero, count: rows * gateCount)
        for step in 0..<steps {
            if step > 0 {
                hiddenProduct.forward(
                    memory.previousHidden.base + step * units, xStride: steps * units, rows: rows, weight: weight,
                    bias: nil, into: memory.hiddenShare.base)
            }
            let (place, isLast) = (place(ofStep: step), step == steps - 1)
            for n in 0..<rows {
                let row = n &* steps &+ step
                // The next sample's, which no CPU foresees.
                dtrain_prefetch_to_write(
                    memory.gates.base + (row &+ steps) &* gateCount, gateCount &* MemoryLayout<Scalar>.stride)
                let previousHidden = memory.previousHidden.base + row &* units
                let previousCell = memory.previousCell.base + row &* units
                LSTMAdvance(
                    units: units, gates: memory.gates.base + row &* gateCount,
                    hiddenShare: memory.hiddenShare.base + n &* gateCount, previousCell: previousCell,
                    cell: isLast ? nil : previousCell + units, squashedCell: memory.squashedCell.base + row &* units,
                    hidden: isLast ? nil : previousHidden + units,
                    output: place.map { output + (n &* outputCount &+ $0) }
                ).run()
            }
        }
    }

    /// dG of every step, from the last to the first.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func retreat(rows: Int, _ memory: LSTMMemory<Scalar>, from outputGradient: UnsafePointer<Scalar>) {
        let (steps, units, gateCount, outputCount) = (steps, units, gateCount, outputShape.elementCount)
        let weight = arena.values(hiddenWeight)
        memory.hiddenGradient.base.update(repeating: .zero, count: rows * units)
        memory.cellGradient.base.update(repeating: .zero, count: rows * units)
        for step in stride(from: steps - 1, through: 0, by: -1) {
            let place = place(ofStep: step)
            for n in 0..<rows {
                let row = n &* steps &+ step
                LSTMRetreat(
                    units: units, gates: memory.gates.base + row &* gateCount,
                    previousCell: memory.previousCell.base + row &* units,
                    squashedCell: memory.squashedCell.base + row &* units,
                    outputGradient: place.map { outputGradient + (n &* outputCount &+ $0) },
                    hiddenGradient: memory.hiddenGradient.base + n &* units,
                    cellGradient: memory.cellGradient.base + n &* units
                ).run()
            }
            if step > 0 {
                hiddenProduct.inputGradient(
                    memory.gates.base + step * gateCount, dYStride: steps * gateCount, rows: rows,
                    weight: weight, weightIsUnchanged: step < steps - 1, into: memory.hiddenGradient.base)
            }
        }
    }
}

/// `{lstm: 128}` or `{lstm: {outputs: 128, returns: last, initializer: glorot, forgetBias: 1}}`
public struct LSTMDescription: LayerDescription {
    /// What of the hidden states is the output.
    public enum Returns: String, Sendable, CaseIterable {
        /// Those of all steps, [T, H].
        case sequence
        /// That of the last step, [H].
        case last
    }

    public let kind = "lstm"
    /// H, the units.
    public let outputs: Int
    public let returns: Returns
    /// How both weights begin.
    public let initializer: Initializer
    /// The first value of the forget gates' biases; the others begin at 0.
    public let forgetBias: Double
    public let backend: ProductBackend

    /// - Parameter initializer: nil for `defaultInitializer`.
    public init(
        outputs: Int, returns: Returns = .sequence, initializer: Initializer? = nil, forgetBias: Double = 1,
        backend: ProductBackend = .native
    ) {
        require(outputs > 0, "an lstm layer of \(outputs) outputs")
        require(forgetBias.isFinite, "an lstm forget bias of \(forgetBias)")
        self.outputs = outputs
        self.returns = returns
        self.initializer = initializer ?? Self.defaultInitializer(outputs: outputs)
        self.forgetBias = forgetBias
        self.backend = backend
    }

    /// Uniform in ±1/√H, as PyTorch has it.
    public static func defaultInitializer(outputs: Int) -> Initializer {
        .uniform(limit: 1 / Double(outputs).squareRoot())
    }

    public func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        guard inputShape.rank == 2 else {
            throw ShapeError(layer: name, expected: "[steps, features]", given: inputShape)
        }
        return LSTM(name: name, inputShape: inputShape, self, arena: arena)
    }
}
