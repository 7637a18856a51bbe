import Core

/// An LSTM one number at a time, all chains in the order that the layer promises: what it has to match bit for bit.
///
/// Weights are row-major; one shard.
struct PlainLSTM<Scalar: TrainingScalar> {
    let steps: Int
    let features: Int
    let units: Int
    let inputWeight: [Scalar]
    let hiddenWeight: [Scalar]
    let bias: [Scalar]

    /// What one sample has at one step: X, h₋, c₋, the gates, tanh c and dG.
    private struct Step {
        var x: [Scalar]
        var previousHidden: [Scalar]
        var previousCell: [Scalar]
        var gates: [Scalar]
        var squashedCell: [Scalar]
        var gateGradients: [Scalar] = []
    }

    /// Of all samples one after the other.
    private var record: [Step] = []
    private(set) var inputWeightGradient: [Scalar] = []
    private(set) var hiddenWeightGradient: [Scalar] = []
    private(set) var biasGradient: [Scalar] = []

    init(steps: Int, features: Int, units: Int, inputWeight: [Scalar], hiddenWeight: [Scalar], bias: [Scalar]) {
        (self.steps, self.features, self.units) = (steps, features, units)
        (self.inputWeight, self.hiddenWeight, self.bias) = (inputWeight, hiddenWeight, bias)
    }

    mutating func forward(_ x: [Scalar], givesAllSteps: Bool) -> [Scalar] {
        record = []
        var outputs: [Scalar] = []
        for n in 0..<(x.count / (steps * features)) {
            var (h, c) = ([Scalar](repeating: .zero, count: units), [Scalar](repeating: .zero, count: units))
            for t in 0..<steps {
                let row = Array(x[((n * steps + t) * features)...].prefix(features))
                let share = product(h, hiddenWeight, from: [Scalar](repeating: .zero, count: 4 * units))
                let sums = zip(product(row, inputWeight, from: bias), share).map { $0 + $1 }
                let gates = sums.indices.map { $0 / units == 2 ? Scalar.tanh(sums[$0]) : Scalar.sigmoid(sums[$0]) }
                let previous = (h, c)
                for j in 0..<units {
                    c[j] = Scalar.multiplyAdd(gates[units + j], c[j], gates[j] * gates[2 * units + j])
                    h[j] = gates[3 * units + j] * Scalar.tanh(c[j])
                }
                record.append(
                    Step(
                        x: row, previousHidden: previous.0, previousCell: previous.1, gates: gates,
                        squashedCell: c.map { Scalar.tanh($0) }))
                if givesAllSteps || t == steps - 1 { outputs += h }
            }
        }
        return outputs
    }

    mutating func backward(_ dY: [Scalar], givesAllSteps: Bool) -> [Scalar] {
        let one = Scalar.one
        for n in 0..<(record.count / steps) {
            var (dH, dC) = ([Scalar](repeating: .zero, count: units), [Scalar](repeating: .zero, count: units))
            for t in stride(from: steps - 1, through: 0, by: -1) {
                let row = n * steps + t
                let (step, gates) = (record[row], record[row].gates)
                var dG = [Scalar](repeating: .zero, count: 4 * units)
                for j in 0..<units {
                    if givesAllSteps || t == steps - 1 { dH[j] = dH[j] + dY[(givesAllSteps ? row : n) * units + j] }
                    let (i, f, g, o) = (gates[j], gates[units + j], gates[2 * units + j], gates[3 * units + j])
                    let s = step.squashedCell[j]
                    dC[j] = Scalar.multiplyAdd(dH[j] * o, one - s * s, dC[j])
                    dG[j] = dC[j] * g * (i * (one - i))
                    dG[units + j] = dC[j] * step.previousCell[j] * (f * (one - f))
                    dG[2 * units + j] = dC[j] * i * (one - g * g)
                    dG[3 * units + j] = dH[j] * s * (o * (one - o))
                    dC[j] = dC[j] * f
                }
                record[row].gateGradients = dG
                dH = transposedProduct(dG, hiddenWeight)
            }
        }
        inputWeightGradient = weightGradient { $0.x }
        hiddenWeightGradient = weightGradient { $0.previousHidden }
        biasGradient = (0..<(4 * units)).map { o in record.reduce(.zero) { $0 + $1.gateGradients[o] } }
        return record.flatMap { transposedProduct($0.gateGradients, inputWeight) }
    }

    private func product(_ x: [Scalar], _ weight: [Scalar], from start: [Scalar]) -> [Scalar] {
        start.indices.map { o in
            x.indices.reduce(start[o]) { Scalar.multiplyAdd(x[$1], weight[$1 * 4 * units + o], $0) }
        }
    }

    private func transposedProduct(_ dG: [Scalar], _ weight: [Scalar]) -> [Scalar] {
        (0..<(weight.count / dG.count)).map { i in
            dG.indices.reduce(.zero) { Scalar.multiplyAdd(dG[$1], weight[i * dG.count + $1], $0) }
        }
    }

    private func weightGradient(_ input: (Step) -> [Scalar]) -> [Scalar] {
        let inputs = record.map(input)
        return (0..<(inputs[0].count * 4 * units)).map { element in
            let (i, o) = (element / (4 * units), element % (4 * units))
            return record.indices.reduce(.zero) {
                Scalar.multiplyAdd(inputs[$1][i], record[$1].gateGradients[o], $0)
            }
        }
    }
}
