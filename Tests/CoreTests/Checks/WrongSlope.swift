import Core

/// Y = s·X² with one scale s, and on request a backward pass with a small mistake.
struct WrongSlope: LayerDescription {
    enum Fault: String, CaseIterable, Sendable {
        case none
        /// dX is a millionth too large.
        case input
        /// dscale forgets the last row of a shard.
        case scale
    }

    let kind = "wrongSlope"
    let fault: Fault

    func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        Square(name: name, inputShape: inputShape, fault: fault, arena: arena)
    }

    final class Square<Scalar: TrainingScalar>: Layer {
        let name: String
        let inputShape: Shape
        var outputShape: Shape { inputShape }
        private let fault: Fault
        private let arena: ParameterArena<Scalar>
        private let scale: ParameterID
        private var input: TensorView<Scalar>?
        private var sums: ShardAccumulator<Scalar>?

        init(name: String, inputShape: Shape, fault: Fault, arena: ParameterArena<Scalar>) {
            self.name = name
            self.inputShape = inputShape
            self.fault = fault
            self.arena = arena
            scale = arena.declare("\(name)/scale", shape: [1], initializer: .constant(2), decays: true)
        }

        func prepare(limits: PassLimits) {
            sums = ShardAccumulator(length: 1, merge: .sum, shardCount: limits.shards)
        }

        func forward(_ input: TensorView<Scalar>, into output: TensorView<Scalar>, context: PassContext) {
            self.input = input
            for i in 0..<input.count {
                output.base[i] = arena.values(scale)[0] * input.base[i] * input.base[i]
            }
        }

        func backward(
            _ outputGradient: TensorView<Scalar>, into inputGradient: TensorView<Scalar>?, context: PassContext
        ) {
            let x = input!
            for root in context.shards.roots.indices {
                sums!.reduce(root: root, of: context.shards, into: arena.gradient(scale, root: root)) { rows, record in
                    record[0] = .zero
                    for n in rows.dropLast(fault == .scale ? 1 : 0) {
                        for i in 0..<x.width {
                            record[0] = record[0] + outputGradient.row(n)[i] * x.row(n)[i] * x.row(n)[i]
                        }
                    }
                }
            }
            guard let inputGradient else { return }
            let factor = Scalar(fault == .input ? 2.000002 : 2) * arena.values(scale)[0]
            for i in 0..<x.count { inputGradient.base[i] = factor * x.base[i] * outputGradient.base[i] }
        }
    }
}
