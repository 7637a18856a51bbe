/// Softmax of sixteen short rows at a time, in place: turned, a row is a lane, and nothing has to be found across lanes. The
/// bits are those of `SoftmaxRows`; of a largest 0, +0 and −0 being equal, the sign may be the other.
enum SoftmaxColumns<Scalar: TrainingScalar> {
    /// The rows, how far apart they are, and the elements of the longest.
    static var size: Int { LaneSlice.laneCount }

    /// Computes P = e^(S − max S) / Σ in place of S, over the first `count` elements of each row; the others are anything
    /// afterwards.
    ///
    /// Shapes: `s [16, 16]`; `block [16, 16]`, room to work in; `largest [16]` and `sums [16]`, assigned: of each row max S
    /// and Σ.
    /// - Complexity: no allocation.
    @inline(__always)
    static func normalize(
        _ s: UnsafeMutablePointer<Scalar>, count: Int, _ block: UnsafeMutablePointer<Scalar>,
        largest: UnsafeMutablePointer<Scalar>, sums: UnsafeMutablePointer<Scalar>
    ) {
        typealias Lanes = Scalar.Lanes
        @inline(__always)
        func column(_ c: Int) -> Lanes { Lanes(block + c &* size) }

        StridedProduct.transpose(s, stride: size, rows: size, columns: size, into: block, targetStride: size)
        var maxima = Lanes(repeating: Scalar(-Double.infinity))
        for c in 0..<count { maxima = Lanes.larger(maxima, column(c)) }
        for c in 0..<count { (column(c) - maxima).store(block + c &* size) }
        for i in 0..<(count &* size) { block[i] = Scalar.exp(block[i]) }
        // Joined 8-4-2-1. No sum of positive numbers notices +0.
        for i in (count &* size)..<(size &* size) { block[i] = .zero }
        var joined = InlineArray<8, Lanes>(repeating: Lanes(repeating: .zero))
        for c in 0..<8 { joined[unchecked: c] = column(c) + column(c &+ 8) }
        for c in 0..<4 { joined[unchecked: c] = joined[unchecked: c] + joined[unchecked: c &+ 4] }
        for c in 0..<2 { joined[unchecked: c] = joined[unchecked: c] + joined[unchecked: c &+ 2] }
        let sum = joined[unchecked: 0] + joined[unchecked: 1]
        for c in 0..<count { (column(c) / sum).store(block + c &* size) }
        StridedProduct.transpose(block, stride: size, rows: size, columns: size, into: s, targetStride: size)
        maxima.store(largest)
        sum.store(sums)
    }
}
