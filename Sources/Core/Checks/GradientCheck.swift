/// Compares every hand-written gradient of a network with central differences in `Double`.
///
/// Of a network every layer alone, the loss alone, and all of it together; on the input and on every parameter; at several input
/// magnitudes, in training and in inference. A tensor of up to 200 elements is checked element by element; of a larger one
/// 200 elements, and four random directions through all of it. Passes if
/// ‖a − n‖ ≤ 1e-7·‖a + n‖ + 1e-9·√n·max(1, |L|), a the hand-written gradient, n the differences and n their number.
public struct GradientCheck {
    /// The largest number of elements that are all checked.
    public static let sampleCount = 200
    /// Random directions through a larger tensor.
    public static let directionCount = 4
    /// Standard deviations of the inputs.
    public static let magnitudes = [0.1, 1, 10]

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

    /// Runs every check.
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

    private static func check(
        _ part: CheckedPart, _ setting: CheckedSetting
    ) throws(ShapeError) -> [CheckRow] {
        let pass = try CheckedPass<Double>(setting)
        let gradient = pass.differentiate()
        let value = pass.sum()
        let random = CheckRandom(seed: setting.seed)
        var rows: [CheckRow] = []
        for (variant, tensor) in pass.tensors.enumerated() {
            let analytic = gradient.of(tensor)
            let probe = DerivativeProbe(pass, firstLayer: tensor.firstLayer)
            func compare(
                _ method: CheckRow.Method, _ indices: [Int], _ expected: (Int) -> Double,
                _ measure: (Int) -> DerivativeProbe.Estimate?
            ) {
                var comparison = GradientComparison()
                for index in indices { comparison.add(index, analytic: expected(index), measure(index)) }
                rows.append(
                    comparison.row(part, tensor, setting.mode, setting.magnitude, method: method, value: value))
            }

            let sample = random.sample(variant: variant, of: tensor.count, count: sampleCount)
            compare(.elements, sample, { analytic[$0] }) { index in
                let element = pass.element(index, of: tensor)
                let origin = element.pointee
                return probe.derivative { element.pointee = origin + $0 }
            }
            guard tensor.count > sampleCount else { continue }
            let scale = 1 / Double(tensor.count).squareRoot()
            let directions = (0..<directionCount).map { direction in
                random.normals(.directions, variant: variant * directionCount + direction, count: tensor.count)
                    .map { $0 * scale }
            }
            let elements = (0..<tensor.count).map { pass.element($0, of: tensor) }
            let origin = elements.map(\.pointee)
            compare(.directions, Array(directions.indices), { dot(analytic, directions[$0]) }) { index in
                let direction = directions[index]
                return probe.derivative { distance in
                    for i in elements.indices { elements[i].pointee = origin[i] + distance * direction[i] }
                }
            }
        }
        return rows
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { RowReduction.dot(a, b, count: a.count) }
}
