import Core
import Foundation

/// The gradient checks of a network, as a table that a person reads.
struct GradientReport: CustomStringConvertible {
    let description: String
    /// One line for each check that failed.
    let failures: [String]

    /// Checks every layer alone, the loss, and all together, by central differences and by dual numbers.
    ///
    /// - Throws: `ShapeError` if the layers do not fit together.
    init(_ layers: [NamedLayer], loss: any LossDescription, inputShape: Shape) throws {
        let differences = try GradientCheck(layers: layers, inputShape: inputShape, loss: loss).run()
        let duals = try DualCheck(layers: layers, inputShape: inputShape, loss: loss).run()
        let rows = CheckRow.worst(of: differences + duals)
        var table = TextTable([
            ("what", .left), ("layer", .left), ("tensor", .left), ("by", .left), ("elements", .right),
            ("checked", .right),
            ("moved", .right), ("‖a−n‖", .right), ("bound", .right), ("", .left),
        ])
        for row in rows {
            table.add([
                row.scope.rawValue, row.layer, row.tensor, row.method.rawValue, grouped(row.elements),
                grouped(row.checked),
                grouped(row.moved + row.skipped), Self.scientific(row.error), Self.scientific(row.bound),
                row.passes ? "pass" : "FAIL",
            ])
        }
        failures = rows.filter { !$0.passes }.map {
            "the \($0.scope.rawValue)'s gradient of \($0.layer) \($0.tensor) is wrong (\($0.method.rawValue): element "
                + "\($0.worst.index) is \($0.worst.analytic), should be \($0.worst.numeric))"
        }
        let count = differences.count + duals.count
        description = """
            Gradients, in double precision: the hand-written one (a) against central differences and dual numbers (n)

            \(table)

            \(count) comparisons at input magnitudes 0.1, 1 and 10, in training and inference; the worst of each is shown.
            passes if ‖a−n‖ ≤ 1e-7·‖a+n‖ + 1e-9·√n·max(1, |loss|); tensors of more than \(GradientCheck.sampleCount) elements: \
            \(GradientCheck.sampleCount) of them and \(GradientCheck.directionCount) random directions through all.
            moved: a step across a kink (ReLU at 0) would measure another slope; made smaller there, or left out.
            """
    }

    private static func scientific(_ value: Double) -> String { String(format: "%.1e", value) }
}
