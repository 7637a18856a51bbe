extension Attention {
    /// The elements of one head in Q, K, V or O, and of its weights in P.
    ///
    /// - Returns: where head `head` of sample `sample` begins in a `[N, T, D]`, with rows D apart, and in P.
    @inline(__always)
    func place(sample: Int, head: Int) -> (features: Int, weights: Int) {
        (
            features: sample &* steps &* width &+ head &* headWidth,
            weights: (sample &* heads &+ head) &* steps &* squareStride
        )
    }

    /// Rows of a head's scores that go together, so that they stay in the first-level cache from the product that makes them to
    /// the one that takes them.
    static var blockRows: Int { 32 }

    /// O of all samples and heads, and P for the backward pass.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func attend(
        samples: Int, _ memory: AttentionMemory<Scalar>, into mixed: UnsafeMutablePointer<Scalar>, context: PassContext
    ) {
        let transposed = memory.transposed.base
        for n in 0..<samples {
            let words = words(of: n, memory, context)
            for head in 0..<heads {
                let place = place(sample: n, head: head)
                StridedProduct.transpose(
                    memory.keys.base + place.features, stride: width, rows: steps, columns: headWidth,
                    into: transposed, targetStride: squareStride)
                for first in stride(from: 0, to: steps, by: Self.blockRows) {
                    let rows = first..<min(first + Self.blockRows, steps)
                    let weights = memory.weights.base + place.weights + first &* squareStride
                    let features = place.features + first &* width
                    scores(memory.queries.base + features, transposed, rows, into: weights)
                    normalize(weights, rows)
                    var kept = weights
                    if let words, let buffer = memory.keptWeights {
                        kept = buffer.base
                        drop(words + (head &* steps &+ first) &* steps, rows, weights, into: kept)
                    }
                    mix(kept, memory.values.base + place.features, rows, into: mixed + features)
                }
            }
        }
    }

    /// How many steps step `t` sees: the first so many.
    @inline(__always)
    func visible(from t: Int) -> Int { isCausal ? t &+ 1 : steps }

    /// The rows' softmax in place: e^((S − max S) / √d) / Σ over the steps that each sees; the others have no meaning.
    @inline(__always)
    private func normalize(_ weights: UnsafeMutablePointer<Scalar>, _ rows: Range<Int>) {
        var t = rows.lowerBound
        while t < rows.upperBound {
            let row = weights + (t &- rows.lowerBound) &* squareStride
            if t &+ 4 <= rows.upperBound {
                SoftmaxRows<4, Scalar>.normalize(row, stride: squareStride, scale: scale) { visible(from: t &+ $0) }
                t &+= 4
            } else {
                SoftmaxRows<1, Scalar>.normalize(row, stride: squareStride, scale: scale) { _ in visible(from: t) }
                t &+= 1
            }
        }
    }

    /// Dropout of rows of the weights, or of their gradients.
    @inline(__always)
    func drop(
        _ words: UnsafePointer<UInt32>, _ rows: Range<Int>, _ x: UnsafePointer<Scalar>,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        for t in rows {
            let row = t &- rows.lowerBound
            dropoutMask.apply(
                words + row &* steps, to: x + row &* squareStride, into: y + row &* squareStride,
                count: visible(from: t))
        }
    }

    // MARK: Products of some rows of one head; A and B have rows D apart, squares `squareStride`

    /// Rows of A·Bᵀ [T, T], from Bᵀ [d, T], rows as far apart; causally what is on and below the diagonal, the rest has no meaning.
    @inline(__always)
    func scores(
        _ a: UnsafePointer<Scalar>, _ transposed: UnsafePointer<Scalar>, _ rows: Range<Int>,
        into square: UnsafeMutablePointer<Scalar>
    ) {
        StridedProduct.multiply(
            a, xStride: width, rows: rows.count, depth: headWidth, transposed, bStride: squareStride,
            columns: visible(from: rows.upperBound &- 1), into: square, yStride: squareStride)
    }

    /// Rows of M·B [T, d]: row t is a sum over the steps that t sees.
    @inline(__always)
    func mix(
        _ square: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ rows: Range<Int>,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        if isCausal {
            StridedProduct.multiply(
                lower: square, lStride: squareStride, rows: rows.count, first: rows.lowerBound, b, bStride: width,
                columns: headWidth, into: y, yStride: width)
        } else {
            StridedProduct.multiply(
                square, xStride: squareStride, rows: rows.count, depth: steps, b, bStride: width, columns: headWidth,
                into: y, yStride: width)
        }
    }
}
