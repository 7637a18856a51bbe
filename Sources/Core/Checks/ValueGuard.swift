/// Looks at every value of every pass and keeps the first, in the order of execution, that is not finite.
///
/// Attach it to a network as its observer; show it the losses, which the network does not see. The tensors are counted as they
/// are looked at, so that guards on several ranks, which look at the same tensors in the same order, can agree on whose
/// finding is the first. A batch that is taken in several passes is one batch: each pass counts from where the first did.
public final class ValueGuard<Scalar: TrainingScalar>: PassObserver {
    /// Which gradients of parameters are looked at.
    public enum ParameterGradients: Sendable {
        /// Each root's partial sum, as the backward pass makes it.
        case partials
        /// The sum over all ranks, shown by `inspect(gradient:elements:step:)`: what a partial holds depends on the ranks.
        case reduced
    }

    /// The first value that was not finite, with where it was.
    public private(set) var finding: NonFiniteValue?
    /// The number of the tensor with `finding`, in the order of execution; `Int.max` without a finding.
    public private(set) var place = Int.max
    /// Orders findings in one tensor: the row's position in the epoch, or the element of a parameter.
    public private(set) var order = 0
    /// The rows of that tensor with such a value: their positions in the epoch and their samples; none where it has no rows.
    public private(set) var rows: [(position: Int, sample: Int)] = []

    private let arena: ParameterArena<Scalar>
    private let outputShape: Shape
    private let gradients: ParameterGradients
    /// The number of the next tensor.
    private var count = 0
    /// The number of a pass's first tensor.
    private var firstOfPass = 0
    /// The numbers that the last backward pass gave to the gradients of the parameters.
    private var gradientPlaces: [Int]

    /// - Parameter network: for the names and places of parameters and buffers.
    public init(_ network: Network<Scalar>, gradients: ParameterGradients = .partials) {
        arena = network.arena
        outputShape = network.outputShape
        self.gradients = gradients
        gradientPlaces = [Int](repeating: 0, count: arena.parameters.count)
    }

    /// Looks at the parameters and buffers that a step begins with, or that it left.
    public func inspectState(_ direction: NonFiniteValue.Direction, step: Int) {
        for parameter in arena.parameters {
            inspect(
                parameter.name, "", arena.values + parameter.offset, shape: parameter.shape, direction: direction, step,
                storage: parameter.storageIndex)
            count += 1
        }
        for buffer in arena.buffers {
            inspect(
                buffer.name, "", arena.bufferValues + buffer.offset, shape: buffer.shape, direction: direction, step)
            count += 1
        }
        firstOfPass = count
    }

    /// Looks at the part of an optimizer's memory that a rank has, as a step left it.
    ///
    /// - Parameters:
    ///   - slot: the memory's name, e.g. `velocity`.
    ///   - values: a state of the owned elements.
    public func inspect(slot: String, _ values: UnsafePointer<Scalar>, owned: OwnedSlice, step: Int) {
        for parameter in arena.parameters {
            inspect(parameter, " " + slot, owned, direction: .after, step, place: count) {
                UnsafePointer($0.origin(in: UnsafeMutablePointer(mutating: values)))
            }
            count += 1
        }
    }

    /// Looks at a pass's inputs and at what its outputs should be; classes are always numbers.
    public func didLoad(_ inputs: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext) {
        count = firstOfPass
        inspect(inputs, layer: "input", direction: .forward, tensor: "input", context)
        guard case .values(let values) = targets else { return }
        inspect(
            TensorView(base: UnsafeMutablePointer(mutating: values), rows: inputs.rows, sampleShape: outputShape),
            layer: "targets", direction: .forward, tensor: "target", context)
    }

    /// Looks at the loss of each row.
    public func inspect(losses: UnsafePointer<Scalar>, loss: String, context: PassContext) {
        inspect(
            TensorView(base: UnsafeMutablePointer(mutating: losses), rows: context.shards.rows, sampleShape: []),
            layer: loss, direction: .forward, tensor: "loss", context)
    }

    /// Looks at the part of the reduced gradient that a rank has; it counts as made where the last backward pass came to it.
    ///
    /// - Parameters:
    ///   - gradient: summed over all ranks; the owned elements, each at its place in the arena.
    public func inspect(gradient: UnsafePointer<Scalar>, owned: OwnedSlice, step: Int) {
        for (parameter, place) in zip(arena.parameters, gradientPlaces) {
            inspect(parameter, " gradient", owned, direction: .backward, step, place: place) { _ in gradient }
        }
    }

    public func didDifferentiateLoss(_ kind: String, gradient: TensorView<Scalar>, context: PassContext) {
        inspect(gradient, layer: kind, direction: .backward, tensor: "input gradient", context)
    }

    public func didForward(layer: any Layer<Scalar>, index: Int, output: TensorView<Scalar>, context: PassContext) {
        didForwardInside(layer: layer, output: output, context: context)
    }

    public func didForwardInside(layer: any Layer<Scalar>, output: TensorView<Scalar>, context: PassContext) {
        inspect(output, layer: layer.name, direction: .forward, tensor: "output", context)
        // What is inside a container has been looked at.
        if layer is any ContainerLayer<Scalar> { return }
        for buffer in arena.buffers where buffer.name.hasPrefix(layer.name + "/") {
            inspect(
                buffer.name, "", arena.bufferValues + buffer.offset, shape: buffer.shape, direction: .forward,
                context.step)
            count += 1
        }
    }

    public func didBackward(
        layer: any Layer<Scalar>, index: Int, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext
    ) {
        didBackwardInside(layer: layer, inputGradient: inputGradient, arena: arena, context: context)
    }

    public func didBackwardInside(
        layer: any Layer<Scalar>, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext
    ) {
        let isContainer = layer is any ContainerLayer<Scalar>
        for (index, parameter) in arena.parameters.enumerated()
        where !isContainer && parameter.name.hasPrefix(layer.name + "/") {
            gradientPlaces[index] = count
            if case .partials = gradients {
                for root in context.shards.roots.indices where !context.shards.isEmpty(root: root) {
                    inspect(
                        parameter.name, " gradient", arena.gradients(root: root) + parameter.offset,
                        shape: parameter.shape, direction: .backward, context.step, storage: parameter.storageIndex)
                }
            }
            count += 1
        }
        if let inputGradient {
            inspect(inputGradient, layer: layer.name, direction: .backward, tensor: "input gradient", context)
        }
    }

    /// Whether a value in tensor `place` comes before the finding; of the steps looked at, the first with a finding has it.
    private func isFirst(_ place: Int, step: Int) -> Bool {
        place < self.place && (finding?.step ?? step) == step
    }

    /// Looks at a batch, row by row. The rows of a later pass with such a value in the same tensor join those of the finding.
    private func inspect(
        _ view: TensorView<Scalar>, layer: String, direction: NonFiniteValue.Direction, tensor: String,
        _ context: PassContext
    ) {
        defer { count += 1 }
        let isFirst = isFirst(count, step: context.step)
        guard isFirst || count == place && finding?.step == context.step,
            let offset = (0..<view.count).first(where: { !view.base[$0].isFinite })
        else { return }
        func sample(_ row: Int) -> Int? {
            row < context.sampleIndices.count ? Int(context.sampleIndices[row]) : nil
        }
        let row = offset / view.width
        if isFirst {
            place = count
            order = context.firstPosition + row
            finding = NonFiniteValue(
                layer: layer, direction: direction, tensor: tensor,
                index: view.sampleShape.subscripts(of: offset % view.width),
                value: view.base[offset].real, step: context.step, row: row, sample: sample(row))
            rows = []
        }
        rows += (row..<view.rows).compactMap { row in
            guard let sample = sample(row), (0..<view.width).contains(where: { !view.row(row)[$0].isFinite }) else {
                return nil
            }
            return (context.firstPosition + row, sample)
        }
    }

    /// Looks at a whole parameter, its gradient, or a buffer, in logical order.
    private func inspect(
        _ name: String, _ suffix: String, _ values: UnsafePointer<Scalar>, shape: Shape,
        direction: NonFiniteValue.Direction, _ step: Int, storage: (Int) -> Int = { $0 }
    ) {
        guard isFirst(count, step: step) else { return }
        guard let index = (0..<shape.elementCount).first(where: { !values[storage($0)].isFinite }) else { return }
        keep(name, suffix, shape, index: index, values[storage(index)], direction, step, place: count)
    }

    /// Looks at those elements of something cut like the parameters that a rank has, in logical order.
    ///
    /// - Parameter values: by the arena's elements.
    private func inspect(
        _ parameter: Parameter, _ suffix: String, _ owned: OwnedSlice, direction: NonFiniteValue.Direction, _ step: Int,
        place: Int, values: (OwnedSlice.Stretch) -> UnsafePointer<Scalar>
    ) {
        // Of a parameter, which is in one bucket, a rank has one stretch.
        guard isFirst(place, step: step),
            let stretch = owned.stretches.first(where: { $0.elements.overlaps(parameter.range) })
        else { return }
        let values = values(stretch)
        for index in 0..<parameter.count {
            let element = parameter.offset + parameter.storageIndex(index)
            guard stretch.elements.contains(element), !values[element].isFinite else { continue }
            return keep(
                parameter.name, suffix, parameter.shape, index: index, values[element], direction, step, place: place)
        }
    }

    private func keep(
        _ name: String, _ suffix: String, _ shape: Shape, index: Int, _ value: Scalar,
        _ direction: NonFiniteValue.Direction, _ step: Int, place: Int
    ) {
        // `linear1/weight`, or inside a container `residual1/linear1/weight`.
        let parts = name.split(separator: "/")
        self.place = place
        order = index
        rows = []
        finding = NonFiniteValue(
            layer: parts.dropLast().joined(separator: "/"), direction: direction, tensor: parts.last! + suffix,
            index: shape.subscripts(of: index), value: value.real, step: step, row: nil, sample: nil)
    }
}
