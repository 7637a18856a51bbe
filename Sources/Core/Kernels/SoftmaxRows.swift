/// Softmax of a few rows side by side, in place, while they are in the first-level cache: what attention's weights and the
/// probabilities of classes are, and the weights' gradients.
///
/// Rows may end at different places, as a causal mask makes them, and are whole vectors apart. From its end to the next whole
/// vector a row is filled with what changes no bit of a sum, so that all that is done are whole vectors; afterwards anything
/// may be there. Sums are those of `RowReduction`.
enum SoftmaxRows<let height: Int, Scalar: TrainingScalar> {
    /// Computes P = e^((S − max S)·scale) / Σ in place of S, over the first `count(row)` elements.
    ///
    /// - Precondition: `stride` is a multiple of 16.
    /// - Returns: of each row max S and Σ.
    /// - Complexity: no allocation.
    @inline(__always)
    @discardableResult
    static func normalize(
        _ s: UnsafeMutablePointer<Scalar>, stride: Int, scale: Scalar, count: (_ row: Int) -> Int
    ) -> (largest: InlineArray<height, Scalar>, sums: InlineArray<height, Scalar>) {
        @inline(__always)
        func row(_ row: Int) -> UnsafePointer<Scalar> { UnsafePointer(s + row &* stride) }
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes {
            lanes + place.load(s + row &* stride)
        }
        @inline(__always)
        func filled(_ row: Int) -> Int { LaneSlice.wholeVectors(count(row)) }

        let largest: InlineArray<height, Scalar> = RowReduction.maxima(of: count, rows: row)
        for r in 0..<height {
            let (row, largest) = (s + r &* stride, largest[unchecked: r])
            var first = 0
            // A vector at a time: a loop over all of a short row would do most of it number by number.
            while first < filled(r) {
                for i in first..<(first &+ LaneSlice.laneCount) {
                    row[i] = Scalar.exp((row[i] - largest) * scale)
                }
                first &+= LaneSlice.laneCount
            }
            // No sum of positive numbers notices +0.
            fill(row, from: count(r), with: .zero)
        }
        let sums: InlineArray<height, Scalar> = RowReduction.sums(of: filled, add: add)
        for r in 0..<height {
            let (row, sum) = (s + r &* stride, Scalar.Lanes(repeating: sums[unchecked: r]))
            LaneSlice.forEach(of: filled(r)) { $0.store($0.load(row) / sum, row) }
        }
        return (largest, sums)
    }

    /// Computes dS = P·(dP − Σ dP·P)·scale in place of dP, over the first `count(row)` elements.
    ///
    /// - Parameter p: as `normalize` left it.
    /// - Precondition: `stride` is a multiple of 16.
    /// - Complexity: no allocation.
    @inline(__always)
    static func differentiate(
        _ dP: UnsafeMutablePointer<Scalar>, at p: UnsafePointer<Scalar>, stride: Int, scale: Scalar,
        count: (_ row: Int) -> Int
    ) {
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes {
            Scalar.Lanes.multiplyAdd(place.load(dP + row &* stride), place.load(p + row &* stride), lanes)
        }
        @inline(__always)
        func filled(_ row: Int) -> Int { LaneSlice.wholeVectors(count(row)) }

        // P is +0 there, and −0 more changes no sum, not even −0.
        for r in 0..<height { fill(dP + r &* stride, from: count(r), with: -Scalar.zero) }
        let projections: InlineArray<height, Scalar> = RowReduction.sums(of: filled, add: add)
        let scale = Scalar.Lanes(repeating: scale)
        for r in 0..<height {
            let (gradients, weights) = (dP + r &* stride, p + r &* stride)
            let projection = Scalar.Lanes(repeating: projections[unchecked: r])
            LaneSlice.forEach(of: filled(r)) { place in
                place.store(place.load(weights) * (place.load(gradients) - projection) * scale, gradients)
            }
        }
    }

    /// Fills a row from its end to the next whole vector.
    @inline(__always)
    private static func fill(_ row: UnsafeMutablePointer<Scalar>, from count: Int, with value: Scalar) {
        let rest = LaneSlice.wholeVectors(count) &- count
        if rest > 0 { Scalar.Lanes(repeating: value).store(row + count, count: rest) }
    }
}
