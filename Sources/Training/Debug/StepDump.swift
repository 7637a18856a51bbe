import Core
import Storage

/// Keeps a copy of every tensor of one step on one rank and writes them to a file.
final class StepDump: PassObserver {
    private let next: any PassObserver<Float>
    private let layerNames: [String]
    private var activations: [Checkpoint.Tensor] = []
    private var activationGradients: [Checkpoint.Tensor] = []
    private var gradients: [Checkpoint.Tensor] = []
    private var samples: [Int64] = []

    /// - Parameter next: is told of everything too.
    init(_ trainer: Trainer, next: any PassObserver<Float>) {
        self.next = next
        layerNames = trainer.network.layers.map(\.name)
    }

    func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
        samples += context.sampleIndices.map { Int64($0) }
        Self.keep(inputs, name: "input", in: &activations)
        next.didLoad(inputs, targets: targets, context: context)
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        Self.keep(output, name: layer.name, in: &activations)
        next.didForward(layer: layer, index: index, output: output, context: context)
    }

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        // The gradient of a layer's input is that of the output of the layer before it.
        if let inputGradient, index > 0 {
            Self.keep(inputGradient, name: layerNames[index - 1], in: &activationGradients)
        }
        next.didBackward(layer: layer, index: index, inputGradient: inputGradient, arena: arena, context: context)
    }

    func didForwardInside(layer: any Layer<Float>, output: TensorView<Float>, context: PassContext) {
        next.didForwardInside(layer: layer, output: output, context: context)
    }

    func didBackwardInside(
        layer: any Layer<Float>, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>, context: PassContext
    ) {
        next.didBackwardInside(layer: layer, inputGradient: inputGradient, arena: arena, context: context)
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        Self.keep(gradient, name: layerNames.last!, in: &activationGradients)
        next.didDifferentiateLoss(kind, gradient: gradient, context: context)
    }

    /// Keeps the reduced gradient of every parameter.
    func keep(gradient: UnsafePointer<Float>, of trainer: Trainer) {
        gradients = trainer.network.arena.parameters.map { $0.tensor(from: gradient + $0.offset) }
    }

    /// What was kept.
    func file(_ result: StepResult, config: String) -> StepDumpFile {
        StepDumpFile(
            step: result.step + 1, loss: result.loss, config: config, samples: samples, activations: activations,
            activationGradients: activationGradients, gradients: gradients)
    }

    /// Adds a copy of the rows of `view` to the tensor `name`: each pass of the batch brings some.
    private static func keep(_ view: TensorView<Float>, name: String, in tensors: inout [Checkpoint.Tensor]) {
        let index = tensors.firstIndex { $0.name == name }
        let values = (index.map { tensors[$0].values } ?? []) + view.elements
        let rows = values.count / view.sampleShape.elementCount
        let tensor = Checkpoint.Tensor(
            name: name, shape: Shape([rows] + view.sampleShape.dimensions), values: values)
        if let index { tensors[index] = tensor } else { tensors.append(tensor) }
    }
}
