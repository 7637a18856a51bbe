/// Compares every hand-written backward pass with a forward pass on dual numbers, for which there is no step size to choose.
///
/// For a random direction v through one tensor, the tangent of L on dual numbers is ⟨∇L, v⟩ by arithmetic alone; it must be
/// that of the hand-written gradient to rounding: within 1e-12 of the sum of the magnitudes that it is made of and of
/// ‖v‖·max(1, |L|), since v may cancel on its way: a bias straight before batchnorm has gradient 0, and rounding is all that
/// is left of its tangent.
public struct DualCheck {
    private let subject: CheckSubject
    private let batch: CheckedBatch
    private let seed: UInt64

    public init(_ subject: CheckSubject, batch: CheckedBatch = .severalShards, seed: UInt64 = 1) {
        self.subject = subject
        self.batch = batch
        self.seed = seed
    }

    /// The check of a network.
    public init(layers: [NamedLayer], inputShape: Shape, loss: any LossDescription, seed: UInt64 = 1) {
        self.init(.network(layers, inputShape: inputShape, loss: loss), seed: seed)
    }

    /// Runs every check, on the input and every parameter, at the magnitudes of `GradientCheck`, in training and inference.
    ///
    /// - Parameter report: told of each row as it is found.
    /// - Throws: `ShapeError` if the layers do not fit together.
    @discardableResult
    public func run(report: (CheckRow) -> Void = { _ in }) throws(ShapeError) -> [CheckRow] {
        var rows: [CheckRow] = []
        for part in try subject.parts() {
            for setting in part.settings(batch: batch, seed: seed) {
                for row in try Self.check(part, setting) {
                    report(row)
                    rows.append(row)
                }
            }
        }
        return rows
    }

    private static func check(_ part: CheckedPart, _ setting: CheckedSetting) throws(ShapeError) -> [CheckRow] {
        let gradient = try CheckedPass<Double>(setting).differentiate()
        let pass = try CheckedPass<Dual<Double>>(setting)
        let terms = AlignedBuffer<Dual<Double>>(count: pass.termCount)
        let random = CheckRandom(seed: setting.seed)
        return pass.tensors.enumerated().map { variant, tensor in
            let analytic = gradient.of(tensor)
            let direction = random.normals(.directions, variant: variant, count: tensor.count)
            for i in 0..<tensor.count { pass.element(i, of: tensor).pointee.tangent = direction[i] }
            _ = pass.evaluate()
            pass.writeTerms(terms.base)
            for i in 0..<tensor.count { pass.element(i, of: tensor).pointee.tangent = 0 }

            var forward = 0.0
            var backward = 0.0
            var magnitude = 0.0
            var value = 0.0
            for term in terms.elements {
                value += term.value
                forward += term.tangent
                magnitude += term.tangent.magnitude
            }
            for (slope, distance) in zip(analytic, direction) {
                backward += slope * distance
                magnitude += (slope * distance).magnitude
            }
            magnitude += direction.reduce(0) { $0 + $1 * $1 }.squareRoot() * max(1, value.magnitude)
            var comparison = GradientComparison()
            comparison.add(0, analytic: backward, numeric: forward)
            return comparison.row(
                part, tensor, setting.mode, setting.magnitude, method: .dual, bound: 1e-12 * magnitude)
        }
    }
}
