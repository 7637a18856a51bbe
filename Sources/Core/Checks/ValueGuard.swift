/// Looks at every value of every pass and keeps the first that is not finite.
///
/// Attach it to a network as its observer; show it the batch and the loss's gradient, which the network does not make.
public final class ValueGuard<Scalar: TrainingScalar>: PassObserver {
    /// The first value that was not finite, with where it was.
    public private(set) var finding: NonFiniteValue?

    private let arena: ParameterArena<Scalar>

    /// - Parameter arena: the network's, for the names and places of gradients and buffers.
    public init(arena: ParameterArena<Scalar>) {
        self.arena = arena
    }

    /// Looks at the batch before the first layer sees it.
    public func inspect(input: TensorView<Scalar>, context: PassContext) {
        inspect(input, layer: "input", direction: .forward, tensor: "input", context)
    }

    /// Looks at the gradient that the loss made.
    public func inspect(lossGradient: TensorView<Scalar>, loss: String, context: PassContext) {
        inspect(lossGradient, layer: loss, direction: .backward, tensor: "input gradient", context)
    }

    public func didDifferentiateLoss(_ kind: String, gradient: TensorView<Scalar>, context: PassContext) {
        inspect(lossGradient: gradient, loss: kind, context: context)
    }

    public func didForward(layer: any Layer<Scalar>, index: Int, output: TensorView<Scalar>, context: PassContext) {
        inspect(output, layer: layer.name, direction: .forward, tensor: "output", context)
        for buffer in arena.buffers where buffer.name.hasPrefix(layer.name + "/") {
            inspect(
                buffer.name.dropFirst(layer.name.count + 1), arena.bufferValues + buffer.offset, shape: buffer.shape,
                layer: layer.name, direction: .forward, context)
        }
    }

    public func didBackward(
        layer: any Layer<Scalar>, index: Int, inputGradient: TensorView<Scalar>?, arena: ParameterArena<Scalar>,
        context: PassContext
    ) {
        for parameter in arena.parameters where parameter.name.hasPrefix(layer.name + "/") {
            for root in context.shards.roots.indices where !context.shards.isEmpty(root: root) {
                inspect(
                    parameter.name.dropFirst(layer.name.count + 1) + " gradient",
                    arena.gradients(root: root) + parameter.offset, shape: parameter.shape, layer: layer.name,
                    direction: .backward, context, place: parameter.storageIndex)
            }
        }
        if let inputGradient {
            inspect(inputGradient, layer: layer.name, direction: .backward, tensor: "input gradient", context)
        }
    }

    /// Looks at a batch, row by row.
    private func inspect(
        _ view: TensorView<Scalar>, layer: String, direction: NonFiniteValue.Direction, tensor: String,
        _ context: PassContext
    ) {
        guard finding == nil, let offset = (0..<view.count).first(where: { !view.base[$0].isFinite }) else { return }
        let row = offset / view.width
        finding = NonFiniteValue(
            layer: layer, direction: direction, tensor: tensor,
            index: view.sampleShape.subscripts(of: offset % view.width),
            value: view.base[offset].real, step: context.step, row: row,
            sample: row < context.sampleIndices.count ? Int(context.sampleIndices[row]) : nil)
    }

    /// Looks at a parameter's gradient or a buffer, in logical order.
    private func inspect(
        _ tensor: Substring, _ values: UnsafePointer<Scalar>, shape: Shape, layer: String,
        direction: NonFiniteValue.Direction, _ context: PassContext, place: (Int) -> Int = { $0 }
    ) {
        guard finding == nil else { return }
        guard let index = (0..<shape.elementCount).first(where: { !values[place($0)].isFinite }) else { return }
        finding = NonFiniteValue(
            layer: layer, direction: direction, tensor: String(tensor), index: shape.subscripts(of: index),
            value: values[place(index)].real, step: context.step, row: nil, sample: nil)
    }
}
