/// The gates, c and h of one sample at one step.
struct LSTMAdvance<Scalar: TrainingScalar>: LSTMUnitWork {
    let units: Int
    /// The gates' share from the input in four parts of H; then i, f, g, o.
    let gates: UnsafeMutablePointer<Scalar>
    /// Their share from h₋.
    let hiddenShare: UnsafePointer<Scalar>
    let previousCell: UnsafePointer<Scalar>
    /// Where c goes, for the next step; nil after the last.
    let cell: UnsafeMutablePointer<Scalar>?
    /// Where tanh c goes.
    let squashedCell: UnsafeMutablePointer<Scalar>
    /// Where h goes: for the next step, nil after the last; and into Y, nil where it is not in it.
    let hidden: UnsafeMutablePointer<Scalar>?
    let output: UnsafeMutablePointer<Scalar>?

    /// [i, f, g, o] = [σ, σ, tanh, σ] of the sums;  c = f·c₋ + i·g;  h = o·tanh c.
    @inline(__always)
    func run<let width: Int>(_ lanes: UnitCount<width>, from first: Int) {
        let (toF, toG, toO) = (first &+ units, first &+ 2 &* units, first &+ 3 &* units)
        let previous = previousCell + first
        let i = make(lanes) { Scalar.sigmoid(gates[first &+ $0] + hiddenShare[first &+ $0]) }
        let f = make(lanes) { Scalar.sigmoid(gates[toF &+ $0] + hiddenShare[toF &+ $0]) }
        let g = make(lanes) { Scalar.tanh(gates[toG &+ $0] + hiddenShare[toG &+ $0]) }
        let o = make(lanes) { Scalar.sigmoid(gates[toO &+ $0] + hiddenShare[toO &+ $0]) }
        let c = make(lanes) { Scalar.multiplyAdd(f[unchecked: $0], previous[$0], i[unchecked: $0] * g[unchecked: $0]) }
        let squashed = make(lanes) { Scalar.tanh(c[unchecked: $0]) }
        let h = make(lanes) { o[unchecked: $0] * squashed[unchecked: $0] }
        store(i, gates + first)
        store(f, gates + toF)
        store(g, gates + toG)
        store(o, gates + toO)
        if let cell { store(c, cell + first) }
        store(squashed, squashedCell + first)
        if let hidden { store(h, hidden + first) }
        if let output { store(h, output + first) }
    }
}
