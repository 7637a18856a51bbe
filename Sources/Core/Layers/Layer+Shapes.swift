extension Layer {
    /// Traps unless `view` is a batch of samples of `shape`.
    @inline(__always)
    func expect(_ view: TensorView<Scalar>, _ shape: Shape, _ what: StaticString) {
        require(
            view.sampleShape == shape, "layer \(name): expected \(what) of shape \(shape), given \(view.sampleShape)")
    }

    /// Traps unless a forward pass's tensors fit the layer and each other.
    @inline(__always)
    func expectForward(_ input: TensorView<Scalar>, _ output: TensorView<Scalar>) {
        expect(input, inputShape, "an input")
        expect(output, outputShape, "an output")
        require(
            input.rows == output.rows, "layer \(name): an input of \(input.rows) rows, an output of \(output.rows)")
    }

    /// Traps unless a backward pass's tensors fit the layer and each other.
    @inline(__always)
    func expectBackward(_ outputGradient: TensorView<Scalar>, _ inputGradient: TensorView<Scalar>?) {
        expect(outputGradient, outputShape, "an output gradient")
        guard let inputGradient else { return }
        expect(inputGradient, inputShape, "an input gradient")
        require(
            outputGradient.rows == inputGradient.rows,
            "layer \(name): an output gradient of \(outputGradient.rows) rows, an input gradient of \(inputGradient.rows)"
        )
    }
}
