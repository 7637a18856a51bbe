import Core

/// Random numbers in (−1, 1) of many magnitudes, so that every rounding shows.
func fill<Scalar: TrainingScalar>(_ count: Int, seed: UInt64, of: Scalar.Type = Scalar.self) -> AlignedBuffer<
    Scalar
> {
    let buffer = AlignedBuffer<Scalar>(count: count)
    for i in 0..<count {
        let counter = Philox.counter(block: i, position: 0, step: 0, purpose: .initialWeights, ordinal: 0)
        let words = Philox.block(key: seed, counter: counter)
        let magnitude = Double.exp(-6 * Philox.unitDouble(words.z, words.w))
        buffer[i] = Scalar((2 * Philox.unitDouble(words.x, words.y) - 1) * magnitude)
    }
    return buffer
}

/// The first element that differs, with what it should be; nil if all bits are the same.
func difference<Scalar: TrainingScalar>(_ a: AlignedBuffer<Scalar>, _ b: AlignedBuffer<Scalar>) -> String? {
    for i in 0..<a.count where a[i] != b[i] || (a[i].real == 0 && a[i].real.sign != b[i].real.sign) {
        return "element \(i) of \(a.count): \(a[i]), not \(b[i])"
    }
    return nil
}
