/// Work on the units of one sample at one step of an LSTM, none of which looks at another, written once for all widths.
protocol LSTMUnitWork {
    associatedtype Scalar: TrainingScalar

    /// H.
    var units: Int { get }

    /// Does `width` units from `first` on.
    func run<let width: Int>(_ lanes: UnitCount<width>, from first: Int)
}

/// A number of units, known when compiling.
struct UnitCount<let width: Int> {}

extension LSTMUnitWork {
    /// Does all units: as many together as keep the processor busy while each waits for the steps of its own chain; those
    /// that are left by halves.
    @inline(__always)
    func run() {
        var first = 0
        while first &+ 64 <= units {
            run(UnitCount<64>(), from: first)
            first &+= 64
        }
        runRest(UnitCount<32>(), &first)
        runRest(UnitCount<16>(), &first)
        runRest(UnitCount<8>(), &first)
        runRest(UnitCount<4>(), &first)
        runRest(UnitCount<2>(), &first)
        runRest(UnitCount<1>(), &first)
    }

    @inline(__always)
    private func runRest<let width: Int>(_ lanes: UnitCount<width>, _ first: inout Int) {
        guard first &+ width <= units else { return }
        run(lanes, from: first)
        first &+= width
    }

    /// Computes numbers of neighbouring units, into memory of their own: what is still to be read cannot lie there, so the
    /// compiler makes vectors of it.
    @inline(__always)
    func make<let width: Int>(
        _: UnitCount<width>, _ value: (_ j: Int) -> Scalar
    ) -> InlineArray<width, Scalar> {
        var values = InlineArray<width, Scalar>(repeating: .zero)
        for j in 0..<width { values[unchecked: j] = value(j) }
        return values
    }

    @inline(__always)
    func store<let width: Int>(_ values: InlineArray<width, Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
        for j in 0..<width { target[j] = values[unchecked: j] }
    }
}
