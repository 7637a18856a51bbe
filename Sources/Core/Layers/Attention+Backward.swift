extension Attention {
    /// dQ, dK and dV of all samples and heads from dO.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func differentiate(
        _ mixedGradient: UnsafePointer<Scalar>, samples: Int, _ memory: AttentionMemory<Scalar>, context: PassContext
    ) {
        let transposed = memory.transposed.base
        let scoreGradients = memory.scoreGradients.base
        for n in 0..<samples {
            let words = words(of: n, memory, context)
            for head in 0..<heads {
                let place = place(sample: n, head: head)
                let weights = UnsafePointer(memory.weights.base + place.weights)
                let dO = mixedGradient + place.features
                var kept = weights
                StridedProduct.transpose(
                    memory.values.base + place.features, stride: width, rows: steps, columns: headWidth,
                    into: transposed, targetStride: squareStride)
                for first in stride(from: 0, to: steps, by: Self.blockRows) {
                    let rows = first..<min(first + Self.blockRows, steps)
                    let block = first &* squareStride
                    let gradients = scoreGradients + block

                    // dP̃ = dO·Vᵀ.
                    scores(dO + first &* width, transposed, rows, into: gradients)

                    // P̃, as the forward pass had it; dP = dP̃ / (1 − p) where kept.
                    if let words, let buffer = memory.keptWeights {
                        let words = words + (head &* steps &+ first) &* steps
                        drop(words, rows, weights + block, into: buffer.base + block)
                        kept = UnsafePointer(buffer.base)
                        drop(words, rows, gradients, into: gradients)
                    }

                    // dS, then dQ = dS·K.
                    differentiate(gradients, at: weights + block, rows)
                    mix(
                        gradients, memory.keys.base + place.features, rows,
                        into: memory.queryGradient.base + place.features + first &* width)
                }

                // dV = P̃ᵀ·dO and dK = dSᵀ·Q.
                gather(kept, dO, into: memory.valueGradient.base + place.features)
                gather(
                    scoreGradients, memory.queries.base + place.features,
                    into: memory.keyGradient.base + place.features)
            }
        }
    }

    /// dS = P·(dP − Σ dP·P) / √d of some rows, in place of dP.
    @inline(__always)
    private func differentiate(
        _ gradients: UnsafeMutablePointer<Scalar>, at weights: UnsafePointer<Scalar>, _ rows: Range<Int>
    ) {
        var t = rows.lowerBound
        while t < rows.upperBound {
            let row = (t &- rows.lowerBound) &* squareStride
            let (gradients, weights) = (gradients + row, weights + row)
            if t &+ 4 <= rows.upperBound {
                SoftmaxRows<4, Scalar>.differentiate(gradients, at: weights, stride: squareStride, scale: scale) {
                    visible(from: t &+ $0)
                }
                t &+= 4
            } else {
                SoftmaxRows<1, Scalar>.differentiate(gradients, at: weights, stride: squareStride, scale: scale) {
                    _ in visible(from: t)
                }
                t &+= 1
            }
        }
    }

    /// Mᵀ·B [T, d]: row s is a sum over the steps that see s. B has rows D apart.
    @inline(__always)
    private func gather(
        _ square: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>
    ) {
        StridedProduct.multiply(
            transposed: square, xStride: squareStride, isLower: isCausal, rows: steps, depth: steps, b, bStride: width,
            columns: headWidth, into: y, yStride: width)
    }
}
