/// What an LSTM works in and what its backward pass needs, allocated once. Shapes are those of all N samples; T steps, H units.
final class LSTMMemory<Scalar: TrainingScalar> {
    /// The gates i, f, g, o after their activation, [N, T, 4H]; before it their share from the input; in the backward pass, which
    /// reads a step's gates once, dG in their place: the gradient of the gates before their activation.
    let gates: AlignedBuffer<Scalar>
    /// h and c before every step, [N, T, H]; those before the first are 0.
    let previousHidden: AlignedBuffer<Scalar>
    let previousCell: AlignedBuffer<Scalar>
    /// tanh of c after every step, [N, T, H].
    let squashedCell: AlignedBuffer<Scalar>

    // One step of all samples, without the steps between them: what a product takes.

    /// The gates' share from h, [N, 4H].
    let hiddenShare: AlignedBuffer<Scalar>
    /// dH and dC of the step at hand, [N, H].
    let hiddenGradient: AlignedBuffer<Scalar>
    let cellGradient: AlignedBuffer<Scalar>

    /// The most samples of a pass.
    let limit: Int

    init(limit: Int, steps: Int, units: Int) {
        self.limit = limit
        let step = limit * units
        gates = AlignedBuffer(count: 4 * steps * step, kind: .activations)
        previousHidden = AlignedBuffer(count: steps * step, kind: .activations)
        previousCell = AlignedBuffer(count: steps * step, kind: .activations)
        squashedCell = AlignedBuffer(count: steps * step, kind: .activations)
        hiddenShare = AlignedBuffer(count: 4 * step, kind: .activations)
        hiddenGradient = AlignedBuffer(count: step, kind: .activationGradients)
        cellGradient = AlignedBuffer(count: step, kind: .activationGradients)
    }
}
