/// How the partial records of two neighbouring subtrees become one.
public enum RecordMerge: Sendable, Hashable {
    /// Element by element, left + right.
    case sum
    /// (count, mean[C], M2[C]) of two sets of samples, C channels: record length 1 + 2C.
    ///
    /// With n = nₗ + nᵣ and δ = meanᵣ − meanₗ: mean = meanₗ + δ·nᵣ/n and M2 = M2ₗ + M2ᵣ + δ²·nₗ·nᵣ/n. Nothing large is
    /// subtracted from something large, so the variance of 10⁶ + N(0, 1) is as good as that of N(0, 1).
    /// Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979), eq. 2.1.
    case moments

    /// Merges `right` into `left`, both of `length` elements. No allocation.
    @specialized(where Element == Double)
    @specialized(where Element == Float)
    public func merge<Element: TrainingScalar>(
        _ right: UnsafePointer<Element>, into left: UnsafeMutablePointer<Element>, length: Int
    ) {
        switch self {
        case .sum:
            for i in 0..<length { left[i] = left[i] + right[i] }
        case .moments:
            let channels = (length - 1) / 2
            let count = left[0] + right[0]
            let rightWeight = right[0] / count
            let crossWeight = left[0] * rightWeight
            left[0] = count
            for c in 1...channels {
                let difference = right[c] - left[c]
                left[c] = Element.multiplyAdd(difference, rightWeight, left[c])
                let squares = left[channels + c] + right[channels + c]
                left[channels + c] = Element.multiplyAdd(difference * difference, crossWeight, squares)
            }
        }
    }
}
