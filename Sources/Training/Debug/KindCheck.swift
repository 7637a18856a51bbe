import Core

/// The checks of one kind of layer or loss in one size class: a line of the table.
package struct KindCheck: Sendable {
    /// One case with everything that its checks found.
    struct Finding: Sendable {
        /// The case as a configuration would have it.
        let what: String
        let shape: Shape
        let rows: [CheckRow]
    }

    /// The layer's kind, or the loss's with what its targets are.
    package let kind: String
    package let sizeClass: SizeClass
    let findings: [Finding]

    /// Checks each of `subjects` by central differences and by dual numbers.
    ///
    /// - Throws: `ShapeError` if one of them does not take its shape.
    package init(
        _ kind: String, _ sizeClass: SizeClass, _ subjects: [(what: String, shape: Shape, subject: CheckSubject)]
    ) throws(ShapeError) {
        self.kind = kind
        self.sizeClass = sizeClass
        var findings: [Finding] = []
        for (what, shape, subject) in subjects {
            let rows =
                try GradientCheck(subject, batch: sizeClass.batch).run()
                + DualCheck(subject, batch: sizeClass.batch).run()
            findings.append(Finding(what: what, shape: shape, rows: rows))
        }
        self.findings = findings
    }

    /// Checks a kind of layer on its cases.
    ///
    /// - Throws: if a configuration does not take one of them.
    package init(layer kind: String, _ sizeClass: SizeClass) throws {
        let cases = LayerCases.layers[kind]?[sizeClass] ?? []
        try self.init(
            kind, sizeClass,
            cases.map { ("\($0)", $0.inputShape, .layer(try $0.layer(), inputShape: $0.inputShape)) })
    }

    /// Checks a kind of loss on its cases, against classes or against values.
    package init(loss kind: String, classes: Bool, _ sizeClass: SizeClass) throws {
        let name = "\(kind) (\(classes ? "classes" : "values"))"
        let loss = try Configuration(yaml: "loss: \(kind)").loss
        let shapes = LayerCases.losses[kind]?[sizeClass] ?? []
        try self.init(
            name, sizeClass,
            shapes.map { ("\(name) on \($0)", $0, .loss(loss, outputShape: $0, classes: classes)) })
    }

    /// One for each tensor, method, mode and magnitude of each case.
    package var rows: [CheckRow] { findings.flatMap(\.rows) }

    /// The shapes of the cases' samples, each once.
    package var shapes: [Shape] {
        findings.map(\.shape).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The tensors of all cases.
    package var tensorCount: Int { findings.map { Set($0.rows.map(\.tensor)).count }.reduce(0, +) }

    /// What is nearest to its bound, or beyond it, with its case; nil where nothing was checked.
    var worst: (finding: Finding, row: CheckRow)? {
        var worst: (finding: Finding, row: CheckRow)?
        for finding in findings {
            for row in finding.rows where worst.map({ row.isWorse(than: $0.row) }) ?? true { worst = (finding, row) }
        }
        return worst
    }

    /// Whether every gradient is right; nothing checked is no pass.
    package var passes: Bool { failure == nil }

    /// What is wrong, with the case; nil where everything passes.
    package var failure: String? {
        guard let (finding, row) = worst, !findings.contains(where: \.rows.isEmpty) else {
            let what = findings.first(where: \.rows.isEmpty)?.what ?? kind
            return "\(sizeClass.rawValue) of \(what): nothing is checked"
        }
        guard !row.passes else { return nil }
        let place = row.method == .elements ? "element" : "along direction"
        return """
            \(sizeClass.rawValue) of \(finding.what): the gradient of \(row.tensor) is wrong (\(row.method.rawValue): \
            \(place) \(row.worst.index) it is \(row.worst.analytic), should be \(row.worst.numeric))
            """
    }

    /// The tensors whose gradient the bounds cannot tell from 0 at any magnitude: `input in training`.
    package var zeros: [String] {
        var zeros: [String] = []
        for finding in findings {
            let rowsOfTensors = Dictionary(grouping: finding.rows, by: \.tensor)
            for (tensor, rows) in rowsOfTensors.sorted(by: { $0.key < $1.key }) {
                let modes = [PassMode.training, .inference].filter { mode in rows.contains { $0.mode == mode } }
                let vanishing = modes.filter { mode in rows.allSatisfy { $0.mode != mode || $0.vanishes } }
                let zero = vanishing == modes ? tensor : vanishing.first.map { "\(tensor) in \($0)" }
                if let zero, !zeros.contains(zero) { zeros.append(zero) }
            }
        }
        return zeros
    }
}
