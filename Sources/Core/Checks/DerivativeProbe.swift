/// The derivative of a checked pass along a line, by central differences.
///
/// Two differences, at h and h/2, are extrapolated to h → 0 (fourth order). A step is taken back to a smaller one where it
/// crosses a kink, or where the two differences disagree by so much that the extrapolation cannot be trusted; what decides is
/// never the gradient that is being checked.
struct DerivativeProbe {
    /// What a probe found.
    struct Estimate {
        let derivative: Double
        /// Whether a larger step crossed a kink.
        let moved: Bool
    }

    private static var steps: [Double] { [0x1p-10, 0x1p-13, 0x1p-16, 0x1p-19] }

    private let pass: CheckedPass<Double>
    private let firstLayer: Int
    private let base: PieceSignature
    private let above: AlignedBuffer<Double>
    private let below: AlignedBuffer<Double>

    /// - Parameter firstLayer: the first layer whose output depends on what will move.
    init(_ pass: CheckedPass<Double>, firstLayer: Int) {
        self.pass = pass
        self.firstLayer = firstLayer
        // The layers before it are left at their base values from here on.
        _ = pass.evaluate()
        base = pass.evaluate(from: firstLayer)
        above = AlignedBuffer(count: pass.termCount)
        below = AlignedBuffer(count: pass.termCount)
    }

    /// The derivative at 0 of L along `move`, which puts the tensor at a signed distance from its base value.
    ///
    /// - Returns: nil if every step crossed a kink.
    func derivative(along move: (_ distance: Double) -> Void) -> Estimate? {
        defer { move(0) }
        var moved = false
        var best: (derivative: Double, spread: Double)?
        for step in Self.steps {
            guard let wide = difference(step, move), let narrow = difference(step / 2, move) else {
                moved = moved || best == nil
                continue
            }
            let derivative = (4 * narrow - wide) / 3
            let spread = (narrow - wide).magnitude
            if best == nil || spread < best!.spread { best = (derivative, spread) }
            if spread <= 1e-5 * derivative.magnitude + 1e-7 { break }
        }
        return best.map { Estimate(derivative: $0.derivative, moved: moved) }
    }

    /// (L(h) − L(−h)) / 2h, differences of terms before sums; nil if either side is on another piece.
    private func difference(_ step: Double, _ move: (_ distance: Double) -> Void) -> Double? {
        guard place(step, move, terms: above), place(-step, move, terms: below) else { return nil }
        for i in 0..<pass.termCount { above[i] -= below[i] }
        return RowReduction.sum(above.base, count: pass.termCount) / (2 * step)
    }

    private func place(_ distance: Double, _ move: (Double) -> Void, terms: AlignedBuffer<Double>) -> Bool {
        move(distance)
        guard pass.evaluate(from: firstLayer) == base else { return false }
        pass.writeTerms(terms.base)
        return true
    }
}
