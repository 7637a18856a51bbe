import Core
import Storage

/// Keeps a copy of every tensor of one step on one rank and writes them to a file.
final class StepDump: PassObserver {
    private let next: any PassObserver<Float>
    private let layerNames: [String]
    private let dataset: Dataset
    private var activations: [Checkpoint.Tensor] = []
    private var activationGradients: [Checkpoint.Tensor] = []
    private var gradients: [Checkpoint.Tensor] = []
    private var samples: [Int64] = []

    /// - Parameters:
    ///   - dataset: what is trained on, for the first layer's input.
    ///   - next: is told of everything too.
    init(_ trainer: Trainer, dataset: Dataset, next: any PassObserver<Float>) {
        self.next = next
        self.dataset = dataset
        layerNames = trainer.network.layers.map(\.name)
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        if index == 0 {
            samples = context.sampleIndices.map { Int64($0) }
            let loader = BatchLoader<Float>(dataset, maximumRows: samples.count)
            activations.append(Self.copy(loader.load(context.sampleIndices).inputs, name: "input"))
        }
        activations.append(Self.copy(output, name: layer.name))
        next.didForward(layer: layer, index: index, output: output, context: context)
    }

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        // The gradient of a layer's input is that of the output of the layer before it.
        if let inputGradient, index > 0 {
            activationGradients.append(Self.copy(inputGradient, name: layerNames[index - 1]))
        }
        next.didBackward(layer: layer, index: index, inputGradient: inputGradient, arena: arena, context: context)
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        activationGradients.append(Self.copy(gradient, name: layerNames.last!))
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

    private static func copy(_ view: TensorView<Float>, name: String) -> Checkpoint.Tensor {
        Checkpoint.Tensor(
            name: name, shape: Shape([view.rows] + view.sampleShape.dimensions), values: Array(view.elements))
    }
}
