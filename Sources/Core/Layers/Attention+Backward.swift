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

                // dP̃ = dO·Vᵀ.
                StridedProduct.transpose(
                    memory.values.base + place.features, stride: width, rows: steps, columns: headWidth,
                    into: transposed, targetStride: steps)
                scores(dO, transposed, into: scoreGradients)

                // P̃, as the forward pass had it; dP = dP̃ / (1 − p) where kept.
                var kept = weights
                if let words, let buffer = memory.keptWeights {
                    let words = words + head &* steps &* steps
                    drop(words, weights, into: buffer.base)
                    kept = UnsafePointer(buffer.base)
                    drop(words, scoreGradients, into: scoreGradients)
                }

                // dV = P̃ᵀ·dO.
                gather(kept, dO, into: memory.valueGradient.base + place.features, by: transposed)

                // dS, then dQ = dS·K and dK = dSᵀ·Q.
                for t in 0..<steps {
                    let row = t &* steps
                    differentiateRow(scoreGradients + row, at: weights + row, count: visible(from: t))
                }
                mix(
                    scoreGradients, memory.keys.base + place.features,
                    into: memory.queryGradient.base + place.features)
                gather(
                    scoreGradients, memory.queries.base + place.features,
                    into: memory.keyGradient.base + place.features, by: transposed)
            }
        }
    }

    /// dS = P·(dP − Σ dP·P) / √d over the first `count` elements of a row, in place of dP.
    @inline(__always)
    private func differentiateRow(
        _ row: UnsafeMutablePointer<Scalar>, at weights: UnsafePointer<Scalar>, count: Int
    ) {
        let projection = RowReduction.dot(row, weights, count: count)
        let scale = scale
        for s in 0..<count { row[s] = weights[s] * (row[s] - projection) * scale }
    }

    /// Mᵀ·B [T, d]: row s is a sum over the steps that see s. B has rows D apart.
    ///
    /// - Parameter transposed: memory for Mᵀ.
    @inline(__always)
    private func gather(
        _ square: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        by transposed: UnsafeMutablePointer<Scalar>
    ) {
        StridedProduct.transpose(
            square, stride: steps, rows: steps, columns: steps, into: transposed, targetStride: steps)
        if isCausal {
            TriangularProduct.multiply(
                upper: transposed, uStride: steps, size: steps, b, bStride: width, columns: headWidth, into: y,
                yStride: width)
        } else {
            StridedProduct.multiply(
                transposed, xStride: steps, rows: steps, depth: steps, b, bStride: width, columns: headWidth, into: y,
                yStride: width)
        }
    }
}
