import Core

/// Y = X, with a gradient that is off by one part in a thousand.
struct WrongIdentity: LayerDescription {
    let kind = "wrong"

    func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Pass(name: name, inputShape: inputShape)
    }

    private final class Pass<Scalar: TrainingScalar>: Layer {
        let name: String
        let inputShape: Shape
        var outputShape: Shape { inputShape }

        init(name: String, inputShape: Shape) {
            self.name = name
            self.inputShape = inputShape
        }

        func prepare(limits: PassLimits) {}

        func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
            output.base.update(from: input.base, count: input.count)
        }

        func backward(
            _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
        ) {
            guard let inputGradient else { return }
            for i in 0..<inputGradient.count { inputGradient.base[i] = Scalar(1.001) * outputGradient.base[i] }
        }
    }
}
