/// dG of one sample at one step, in place of its gates, and dC of the step before.
struct LSTMRetreat<Scalar: TrainingScalar>: LSTMUnitWork {
    let units: Int
    /// i, f, g, o, H numbers each; then dG.
    let gates: UnsafeMutablePointer<Scalar>
    let previousCell: UnsafePointer<Scalar>
    let squashedCell: UnsafePointer<Scalar>
    /// dY of this step; nil where h is not in Y.
    let outputGradient: UnsafePointer<Scalar>?
    /// dH as the step after owes it: without dY.
    let hiddenGradient: UnsafePointer<Scalar>
    /// dC; then that of the step before.
    let cellGradient: UnsafeMutablePointer<Scalar>

    /// dH += dY;  dC += dH·o·(1 − s²) with s = tanh c;
    /// dG = [dC·g·i·(1 − i), dC·c₋·f·(1 − f), dC·i·(1 − g²), dH·s·o·(1 − o)];  of the step before: dC = dC·f.
    @inline(__always)
    func run<let width: Int>(_ lanes: UnitCount<width>, from first: Int) {
        let one = Scalar.one
        let (i, f) = (gates + first, gates + (first &+ units))
        let (g, o) = (gates + (first &+ 2 &* units), gates + (first &+ 3 &* units))
        let (previous, s) = (previousCell + first, squashedCell + first)
        var dH = make(lanes) { hiddenGradient[first &+ $0] }
        if let dY = outputGradient { dH = make(lanes) { dH[unchecked: $0] + dY[first &+ $0] } }
        let zeros = InlineArray<width, Scalar>(repeating: .zero)
        var (di, df, dg, dO, dC) = (zeros, zeros, zeros, zeros, zeros)
        for j in 0..<width {
            let dh = dH[unchecked: j]
            let dc = Scalar.multiplyAdd(dh * o[j], one - s[j] * s[j], cellGradient[first &+ j])
            di[unchecked: j] = dc * g[j] * (i[j] * (one - i[j]))
            df[unchecked: j] = dc * previous[j] * (f[j] * (one - f[j]))
            dg[unchecked: j] = dc * i[j] * (one - g[j] * g[j])
            dO[unchecked: j] = dh * s[j] * (o[j] * (one - o[j]))
            dC[unchecked: j] = dc * f[j]
        }
        store(dC, cellGradient + first)
        store(di, gates + first)
        store(df, gates + (first &+ units))
        store(dg, gates + (first &+ 2 &* units))
        store(dO, gates + (first &+ 3 &* units))
    }
}
