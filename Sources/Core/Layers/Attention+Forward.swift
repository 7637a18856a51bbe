extension Attention {
    /// The elements of one head in Q, K, V or O, and of its weights in P.
    ///
    /// - Returns: where head `head` of sample `sample` begins in a `[N, T, D]`, with rows D apart, and in P.
    @inline(__always)
    func place(sample: Int, head: Int) -> (features: Int, weights: Int) {
        (
            features: sample &* steps &* width &+ head &* headWidth,
            weights: (sample &* heads &+ head) &* steps &* steps
        )
    }

    /// O of all samples and heads, and P for the backward pass.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func attend(
        samples: Int, _ memory: AttentionMemory<Scalar>, into mixed: UnsafeMutablePointer<Scalar>, context: PassContext
    ) {
        for n in 0..<samples {
            let words = words(of: n, memory, context)
            for head in 0..<heads {
                let place = place(sample: n, head: head)
                let weights = memory.weights.base + place.weights
                StridedProduct.transpose(
                    memory.keys.base + place.features, stride: width, rows: steps, columns: headWidth,
                    into: memory.transposed.base, targetStride: steps)
                scores(memory.queries.base + place.features, memory.transposed.base, into: weights)
                for t in 0..<steps { normalize(weights + t &* steps, count: visible(from: t)) }
                var kept = weights
                if let words, let buffer = memory.keptWeights {
                    kept = buffer.base
                    drop(words + head &* steps &* steps, weights, into: kept)
                }
                mix(kept, memory.values.base + place.features, into: mixed + place.features)
            }
        }
    }

    /// How many steps step `t` sees: the first so many.
    @inline(__always)
    func visible(from t: Int) -> Int { isCausal ? t &+ 1 : steps }

    /// The row's softmax in place: e^((S − max S) / √d) / Σ, over the first `count` of T elements; the others become +0.
    @inline(__always)
    private func normalize(_ row: UnsafeMutablePointer<Scalar>, count: Int) {
        let largest = RowReduction.maximum(row, count: count)
        let scale = scale
        for s in 0..<count { row[s] = Scalar.exp((row[s] - largest) * scale) }
        let sum = RowReduction.sum(row, count: count)
        for s in 0..<count { row[s] = row[s] / sum }
        for s in count..<steps { row[s] = .zero }
    }

    /// Dropout of the weights of one head, or of their gradients.
    @inline(__always)
    func drop(_ words: UnsafePointer<UInt32>, _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>) {
        for t in 0..<steps {
            let row = t &* steps
            dropoutMask.apply(words + row, to: x + row, into: y + row, count: visible(from: t))
        }
    }

    // MARK: Products of one head; A and B have rows D apart, squares rows T apart

    /// A·Bᵀ [T, T], from Bᵀ [d, T]; causally what is on and below the diagonal, the rest has no meaning.
    @inline(__always)
    func scores(
        _ a: UnsafePointer<Scalar>, _ transposed: UnsafePointer<Scalar>, into square: UnsafeMutablePointer<Scalar>
    ) {
        if isCausal {
            TriangularProduct.lowerTriangle(
                of: a, xStride: width, depth: headWidth, transposed, bStride: steps, size: steps, into: square,
                yStride: steps)
        } else {
            StridedProduct.multiply(
                a, xStride: width, rows: steps, depth: headWidth, transposed, bStride: steps, columns: steps,
                into: square, yStride: steps)
        }
    }

    /// M·B [T, d]: row t is a sum over the steps that t sees.
    @inline(__always)
    func mix(_ square: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>) {
        if isCausal {
            TriangularProduct.multiply(
                lower: square, lStride: steps, size: steps, b, bStride: width, columns: headWidth, into: y,
                yStride: width)
        } else {
            StridedProduct.multiply(
                square, xStride: steps, rows: steps, depth: steps, b, bStride: width, columns: headWidth, into: y,
                yStride: width)
        }
    }
}
