import Core
import Glibc

/// Keeps the dataset indices of every row that a network predicts in inference, and counts the right ones by itself.
final class SeenSamples: PassObserver {
    /// In the order of this rank's rows.
    private(set) var indices: [UInt32] = []
    private(set) var correct = 0
    /// The sum of −log softmax at the label, by the C library's functions.
    private(set) var lossSum = 0.0
    private let layerCount: Int
    private let labels: [Int32]

    init(layerCount: Int, labels: [Int32]) {
        self.layerCount = layerCount
        self.labels = labels
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        guard case .inference = context.mode, index == layerCount - 1 else { return }
        for (row, sample) in context.sampleIndices.enumerated() {
            let outputs = (0..<output.width).map { Double(output.row(row)[$0]) }
            let label = Int(labels[Int(sample)])
            indices.append(sample)
            if outputs.firstIndex(of: outputs.max()!) == label { correct += 1 }
            lossSum += log(outputs.map { exp($0) }.reduce(0, +)) - outputs[label]
        }
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {}

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {}
}
