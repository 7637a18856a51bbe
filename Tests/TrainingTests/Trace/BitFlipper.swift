import Core

/// Changes the last bit of one element of one tensor in one step, before another observer sees it: an operation that went
/// wrong.
final class BitFlipper: PassObserver {
    /// Which tensor.
    enum Target: Equatable {
        case inputs
        case targets
        case output(Int)
        case lossGradient
        case inputGradient(Int)
    }

    private let target: Target
    private let step: Int
    private let next: any PassObserver<Float>

    init(_ target: Target, step: Int, next: any PassObserver<Float>) {
        self.target = target
        self.step = step
        self.next = next
    }

    /// Flips in the row that is the batch's third, whichever rank has it.
    private func flip(_ view: TensorView<Float>, _ target: Target, _ context: PassContext) {
        guard target == self.target, context.mode == .training, context.step == step else { return }
        for row in 0..<view.rows where (context.firstPosition + row) % 32 == 2 {
            let element = view.row(row)
            element.pointee = Float(bitPattern: element.pointee.bitPattern ^ 1)
        }
    }

    func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
        flip(inputs, .inputs, context)
        if case .values(let values) = targets {
            let base = UnsafeMutablePointer(mutating: values)
            flip(TensorView(base: base, rows: inputs.rows, sampleShape: [2]), .targets, context)
        }
        next.didLoad(inputs, targets: targets, context: context)
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        flip(output, .output(index), context)
        next.didForward(layer: layer, index: index, output: output, context: context)
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        flip(gradient, .lossGradient, context)
        next.didDifferentiateLoss(kind, gradient: gradient, context: context)
    }

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        if let inputGradient { flip(inputGradient, .inputGradient(index), context) }
        next.didBackward(layer: layer, index: index, inputGradient: inputGradient, arena: arena, context: context)
    }
}
