/// Gathers the pairs of one tensor's check into a row of the table.
struct GradientComparison {
    private var checked = 0
    private var moved = 0
    private var skipped = 0
    /// Σ (a − n)² and Σ (a + n)².
    private var differenceSquares = 0.0
    private var sumSquares = 0.0
    private var worst = CheckRow.Pair(index: 0, analytic: 0, numeric: 0)
    private var worstDistance = -1.0

    /// - Parameter estimate: nil if every step crossed a kink.
    mutating func add(_ index: Int, analytic: Double, _ estimate: DerivativeProbe.Estimate?) {
        guard let estimate else {
            skipped += 1
            return
        }
        if estimate.moved { moved += 1 }
        add(index, analytic: analytic, numeric: estimate.derivative)
    }

    mutating func add(_ index: Int, analytic: Double, numeric: Double) {
        checked += 1
        let difference = analytic - numeric
        differenceSquares += difference * difference
        sumSquares += (analytic + numeric) * (analytic + numeric)
        // Written so that a NaN counts as the worst, and stays it.
        guard !(difference.magnitude <= worstDistance) && !worstDistance.isNaN else { return }
        worstDistance = difference.magnitude
        worst = CheckRow.Pair(index: index, analytic: analytic, numeric: numeric)
    }

    /// The row, with the bound 1e-7·‖a + n‖ + 1e-9·√n·max(1, |L|).
    func row(
        _ part: CheckedPart, _ tensor: CheckedTensor, _ mode: PassMode, _ magnitude: Double, method: CheckRow.Method,
        value: Double
    ) -> CheckRow {
        let absolute = 1e-9 * Double(checked).squareRoot() * max(1, value.magnitude)
        return row(
            part, tensor, mode, magnitude, method: method, bound: 1e-7 * sumSquares.squareRoot() + absolute)
    }

    func row(
        _ part: CheckedPart, _ tensor: CheckedTensor, _ mode: PassMode, _ magnitude: Double, method: CheckRow.Method,
        bound: Double
    ) -> CheckRow {
        CheckRow(
            scope: part.scope, layer: part.lossName ?? tensor.layer, tensor: tensor.name, mode: mode,
            magnitude: magnitude, method: method, elements: tensor.count, checked: checked, moved: moved,
            skipped: skipped, error: differenceSquares.squareRoot(), norm: sumSquares.squareRoot(), bound: bound,
            worst: worst)
    }
}
