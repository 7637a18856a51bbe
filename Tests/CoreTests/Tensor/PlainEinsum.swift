import Core

/// An einsum as it is defined: every label a loop, every index worked out anew. What the lowered one is compared with.
struct PlainEinsum {
    let shapes: EinsumShapes

    /// Calls `body` with the indices into A, B (0 where there is none) and C of every term.
    private func forEachTerm(_ body: (_ a: Int, _ b: Int, _ c: Int) -> Void) {
        let equation = shapes.equation
        let labels = equation.labels
        let extents = labels.map { shapes.extent($0) }
        let tensors =
            [(equation.operands[0], shapes.left), (equation.result, shapes.result)]
            + (shapes.right.map { [(equation.operands[1], $0)] } ?? [])
        for term in 0..<extents.reduce(1, *) {
            var values: [Character: Int] = [:]
            var rest = term
            for (label, extent) in zip(labels, extents).reversed() {
                values[label] = rest % extent
                rest /= extent
            }
            let indices = tensors.map { labels, shape in
                zip(labels, shape.dimensions).reduce(0) { $0 * $1.1 + min(values[$1.0]!, $1.1 - 1) }
            }
            body(indices[0], indices.count > 2 ? indices[2] : 0, indices[1])
        }
    }

    func forward(_ a: [Double], _ b: [Double]) -> [Double] {
        var c = [Double](repeating: 0, count: shapes.result.elementCount)
        forEachTerm { c[$2] += a[$0] * b[$1] }
        return c
    }

    /// dA and dB.
    func gradients(_ dC: [Double], _ a: [Double], _ b: [Double]) -> (left: [Double], right: [Double]) {
        var left = [Double](repeating: 0, count: a.count)
        var right = [Double](repeating: 0, count: b.count)
        forEachTerm { i, j, k in
            left[i] += dC[k] * b[j]
            right[j] += dC[k] * a[i]
        }
        return (left, right)
    }
}
