import Core
import Foundation

/// The gradient checks of every kind of layer and loss that a configuration can name, in every size class, as a table.
package struct AllLayersReport: CustomStringConvertible {
    /// One for each kind and size class.
    package let lines: [KindCheck]

    package init(_ lines: [KindCheck]) {
        self.lines = lines
    }

    /// Runs every check.
    package init() throws {
        var lines: [KindCheck] = []
        for kind in Configuration.layerKindNames {
            for sizeClass in SizeClass.allCases { lines.append(try KindCheck(layer: kind, sizeClass)) }
        }
        for kind in Configuration.lossKindNames {
            for classes in [true, false] {
                for sizeClass in SizeClass.allCases {
                    lines.append(try KindCheck(loss: kind, classes: classes, sizeClass))
                }
            }
        }
        self.init(lines)
    }

    /// One for each line of the table that failed.
    package var failures: [String] { lines.compactMap(\.failure) }

    package var description: String {
        var table = TextTable([
            ("kind", .left), ("size", .left), ("input", .left), ("rows", .right), ("tensors", .right),
            ("comparisons", .right), ("worst", .right), ("by", .left), ("on", .left), ("", .left),
        ])
        var notes: [String] = []
        for line in lines {
            let numbers = Self.notes(on: line).map { note in
                if !notes.contains(note) { notes.append(note) }
                return " (\(notes.firstIndex(of: note)! + 1))"
            }
            table.add([
                line.kind, line.sizeClass.rawValue, line.shapes.map { "\($0)" }.joined(separator: " "),
                grouped(line.sizeClass.batch.rows), grouped(line.tensorCount), grouped(line.rows.count),
                Self.ratio(line.worst?.row), line.worst?.row.method.rawValue ?? "", line.worst?.row.tensor ?? "",
                (line.passes ? "pass" : "FAIL") + numbers.joined(),
            ])
        }
        table.add(totals)
        return """
            Every kind of layer and loss, in double precision: the hand-written gradient (a) against central differences and dual numbers (n)

            \(table)

            worst: the largest ‖a−n‖ as a part of its bound, by which method and on which tensor; passes up to 1.
            \(comparisons)
            \(notes.enumerated().map { "(\($0 + 1)) \($1)\n" }.joined())
            """
    }

    /// The table's last line.
    private var totals: [String] {
        let found = lines.compactMap { line in line.worst.map { (line.kind, $0.row) } }
        let worst = found.max { $1.1.isWorse(than: $0.1) }
        return [
            "total", "", grouped(lines.map(\.findings.count).reduce(0, +)) + " cases", "",
            grouped(lines.map(\.tensorCount).reduce(0, +)), grouped(lines.map(\.rows.count).reduce(0, +)),
            Self.ratio(worst?.1), worst?.1.method.rawValue ?? "", worst.map { "\($0) \($1.tensor)" } ?? "",
            failures.isEmpty ? "pass" : "\(failures.count) FAIL",
        ]
    }

    /// What the comparisons are.
    private var comparisons: String {
        let rows = lines.flatMap(\.rows)
        func sum(_ count: (CheckRow) -> Int) -> String { grouped(rows.map(count).reduce(0, +)) }
        return """
            comparisons: of a tensor by one method in training or in inference at input magnitude 0.1, 1 or 10 (\(sum(\.checked)) \
            numbers; for \(sum(\.moved)) the step was made smaller because of a kink, \(sum(\.skipped)) were left out at one).
            """
    }

    /// What a pass says less of than it seems to.
    private static func notes(on line: KindCheck) -> [String] {
        var notes: [String] = []
        let zeros = line.zeros
        if !zeros.isEmpty {
            let reason = LayerCases.zeros[line.kind]?[line.sizeClass] ?? ""
            notes.append("0 whatever the input: the gradient of \(zeros.joined(separator: ", of ")). \(reason)")
        }
        if !line.rows.contains(where: { $0.tensor == "input" }) {
            notes.append("Not checked: the gradient of the input. Whole numbers have no derivative.")
        }
        return notes
    }

    private static func ratio(_ row: CheckRow?) -> String { row.map { String(format: "%.1e", $0.ratio) } ?? "" }
}
