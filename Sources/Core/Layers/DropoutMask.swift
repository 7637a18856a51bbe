/// Which elements dropout keeps, and by what they are scaled: a function of one random word an element.
struct DropoutMask<Scalar: TrainingScalar> {
    /// An element is kept when its random word is at least this: p·2³².
    private let threshold: UInt32
    /// 1 / (1 − p).
    private let scale: Scalar

    /// - Parameter rate: p, the probability that an element is dropped.
    init(rate: Double) {
        threshold = UInt32(min((rate * 0x1p32).rounded(), 0x1p32 - 1))
        scale = Scalar(1 / (1 - rate))
    }

    /// Computes Y = X / (1 − p) where kept, else +0. Y may be X.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func apply(
        _ words: UnsafePointer<UInt32>, to x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        let (threshold, scale, zero) = (threshold, scale, Scalar.zero)
        // A loop each: of two places that may be one the compiler makes no vectors where they are.
        if x == UnsafePointer(y) {
            for i in 0..<count { y[i] = words[i] >= threshold ? y[i] * scale : zero }
        } else {
            for i in 0..<count { y[i] = words[i] >= threshold ? x[i] * scale : zero }
        }
    }

    /// The same, and notes which elements are kept, a byte each, 1 or 0.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func apply(
        _ words: UnsafePointer<UInt32>, to x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        noting kept: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        let threshold = threshold
        // A loop of its own: CPUs without mask registers make no vectors of bytes and numbers together.
        for i in 0..<count { kept[i] = words[i] >= threshold ? 1 : 0 }
        apply(words, to: x, into: y, count: count)
    }

    /// The same once more, by what was noted. Y may not be X.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func apply(
        noted kept: UnsafePointer<UInt8>, to x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        let (scale, zero) = (scale, Scalar.zero)
        for i in 0..<count { y[i] = kept[i] != 0 ? x[i] * scale : zero }
    }
}
