/// What an attention layer works with, allocated once. C features come in, D = heads·d features go through the heads.
final class AttentionMemory<Scalar: TrainingScalar> {
    /// The most samples of a pass.
    let sampleLimit: Int

    /// Q, K and V, [N, T, D].
    let queries: AlignedBuffer<Scalar>
    let keys: AlignedBuffer<Scalar>
    let values: AlignedBuffer<Scalar>
    /// P, [N, heads, T, T], kept for the backward pass.
    let weights: AlignedBuffer<Scalar>
    /// dQ, dK and dV, [N, T, D].
    let queryGradient: AlignedBuffer<Scalar>
    let keyGradient: AlignedBuffer<Scalar>
    let valueGradient: AlignedBuffer<Scalar>
    /// The share of dX that comes through keys or values, [N, T, C].
    let share: AlignedBuffer<Scalar>
    /// O and dO, [N, T, D]; only before an output projection, otherwise they are the layer's own output and its gradient.
    let mixed: AlignedBuffer<Scalar>?
    let mixedGradient: AlignedBuffer<Scalar>?

    // Of one head at a time:

    /// Kᵀ or Vᵀ, [d, T].
    let transposed: AlignedBuffer<Scalar>
    /// dP̃, then dP, then dS, [T, T].
    let scoreGradients: AlignedBuffer<Scalar>
    /// P̃, [T, T]; only with dropout.
    let keptWeights: AlignedBuffer<Scalar>?

    /// The random words of one sample, [heads, T, T]; only with dropout.
    let words: AlignedBuffer<UInt32>?

    /// How far apart the rows of P and its like are: T, filled up to whole vectors.
    static func squareStride(steps: Int) -> Int {
        (steps + LaneSlice.laneCount - 1) / LaneSlice.laneCount * LaneSlice.laneCount
    }

    init(
        steps: Int, features: Int, width: Int, heads: Int, hasOutputProjection: Bool, drops: Bool, limits: PassLimits
    ) {
        sampleLimit = limits.rows
        let through = limits.rows * steps * width
        let stride = Self.squareStride(steps: steps)
        let square = steps * stride
        queries = AlignedBuffer(count: through, kind: .activations)
        keys = AlignedBuffer(count: through, kind: .activations)
        values = AlignedBuffer(count: through, kind: .activations)
        weights = AlignedBuffer(count: limits.rows * heads * square, kind: .activations)
        queryGradient = AlignedBuffer(count: through, kind: .activationGradients)
        keyGradient = AlignedBuffer(count: through, kind: .activationGradients)
        valueGradient = AlignedBuffer(count: through, kind: .activationGradients)
        share = AlignedBuffer(count: limits.rows * steps * features, kind: .activationGradients)
        mixed = hasOutputProjection ? AlignedBuffer(count: through, kind: .activations) : nil
        mixedGradient = hasOutputProjection ? AlignedBuffer(count: through, kind: .activationGradients) : nil
        transposed = AlignedBuffer(count: width / heads * stride)
        scoreGradients = AlignedBuffer(count: square)
        keptWeights = drops ? AlignedBuffer(count: square) : nil
        words = drops ? AlignedBuffer(count: heads * steps * steps) : nil
    }
}
