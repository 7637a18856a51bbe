import Storage

/// What a comparison found, in words: the verdict first, then what differs, the earliest first.
struct ComparisonReport: CustomStringConvertible {
    private let a: ComparedInput
    private let b: ComparedInput
    private let files: ComparedFiles
    private let checkpoints: [(step: Int, files: ComparedFiles)]

    /// The most rows that a list of differences has.
    private static let limit = 20

    init(
        _ a: ComparedInput, _ b: ComparedInput, _ files: ComparedFiles, checkpoints: [(step: Int, files: ComparedFiles)]
    ) {
        self.a = a
        self.b = b
        self.files = files
        self.checkpoints = checkpoints
    }

    var isEqual: Bool { files.comparison.isEqual && checkpoints.allSatisfy(\.files.comparison.isEqual) }

    var description: String {
        let sections =
            ["\(isEqual ? "equal" : "different"): \(headline)\nA: \(a.path)\nB: \(b.path)", configuration, tables]
            + [Self.values(files), Self.mismatches(files), checkpointSection]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The verdict in one line: the first step, layer and tensor.
    private var headline: String {
        guard isEqual else { return difference }
        let exempt = files.comparison.exemptDifferences
        guard !exempt.isEmpty else { return "nothing differs" }
        return "\(exempt.joined(separator: " and ")) \(exempt.count == 1 ? "differs" : "differ"), as they may; nothing "
            + "else does"
    }

    private var difference: String {
        if let first = Self.first(of: files) { return first }
        for (step, files) in checkpoints {
            if let first = Self.first(of: files) { return "checkpoint of step \(step): \(first)" }
        }
        guard files.comparison.tables.allSatisfy(\.hasSameRows) else {
            return "only one has some of the rows; where both have one, no value differs"
        }
        return "configuration: \(files.configuration == nil ? "another text, and no YAML" : "written in another way")"
    }

    /// The first difference between two files, but for rows that only one has and the configuration's text: of histories in the earliest step, of checkpoints in the first tensor.
    private static func first(of files: ComparedFiles) -> String? {
        let found = files.differences
        if files.kind == .checkpoint, let step = found.first(where: { $0.path == "/@step" }) {
            return "one is of step \(step.first), the other of step \(step.second)"
        }
        // What is in a row, or of a checkpoint in a tensor, says more than a key; a key more than what is in no row or is
        // missing; and these more than an attribute, which may only repeat them.
        let isAttribute = { (path: String) in path.contains("@") }
        if let value = found.first(where: { files.kind == .run ? $0.row != nil : !isAttribute($0.path) }) {
            if let tensor = files.tracedTensor(value) { return "\(value.row!.key) \(value.row!.value): \(tensor)" }
            return (value.row.map { "\($0.key) \($0.value): " } ?? "") + line(value)
        }
        if let key = files.configuration?.first {
            return "configuration: \(key.key): \(key.first ?? "nothing") against \(key.second ?? "nothing")"
        }
        let mismatches = files.comparison.mismatches
        return found.first { !isAttribute($0.path) }.map(line)
            ?? mismatches.first { !isAttribute($0.path) }.map(line)
            ?? found.first.map(line) ?? mismatches.first.map(line)
    }

    /// `/steps/loss: 0.5 against 0.25, 4503599627370496 ULPs apart`.
    private static func line(_ value: ValueDifference) -> String {
        // A NaN is at no distance, and says itself that it is one.
        let distance = value.distance == .noNumber ? nil : value.distance
        return "\(name(value))\(value.index.isEmpty ? "" : " \(value.index)"): \(short(value.first)) against "
            + short(value.second) + (distance.map { ", \($0) apart" } ?? "")
    }

    private static func line(_ mismatch: FileComparison.Mismatch) -> String {
        "\(mismatch.path): \(mismatch.first) in A, \(mismatch.second) in B"
    }

    private var configuration: String {
        guard let differences = files.configuration else { return "configuration: no YAML" }
        guard !differences.isEmpty else {
            let isRewritten = files.comparison.differences.contains { $0.path == "/@config" }
            return "configuration: the same\(isRewritten ? ", written in another way" : "")"
        }
        var table = TextTable([("configuration", .left), ("A", .left), ("B", .left)])
        for difference in differences.prefix(Self.limit) {
            table.add([difference.key, difference.first ?? "-", difference.second ?? "-"])
        }
        return table.description + Self.more(differences.count)
    }

    /// The rows of each table of the histories.
    private var tables: String {
        files.comparison.tables.map { table in
            func only(_ rows: TableComparison.Rows, _ side: String) -> String {
                guard let first = rows.keys.first, let last = rows.keys.last else { return "" }
                let range = rows.keys.count == 1 ? "\(table.key) \(first)" : "\(table.key)s \(first) … \(last)"
                return "; \(rows.keys.count) only in \(side): \(range)\(rows.first.isEmpty ? "" : ", \(rows.first)")"
            }
            return "\(table.path): \(table.rowCount) \(table.rowCount == 1 ? "row" : "rows") in both"
                + only(table.onlyFirst, "A") + only(table.onlySecond, "B")
        }.joined(separator: "\n")
    }

    /// The datasets and attributes whose values differ.
    private static func values(_ files: ComparedFiles) -> String {
        let found = files.differences
        guard !found.isEmpty else { return "" }
        var table = TextTable([
            (files.kind == .run ? "dataset" : "tensor", .left), ("differ", .right), ("of", .right), ("first", .left),
            ("A", .left), ("B", .left), ("apart", .left), ("at most", .left),
        ])
        for value in found.prefix(limit) {
            let place = files.tracedTensor(value).map { "step \(value.row!.value) \($0)" } ?? value.place
            table.add([
                name(value), "\(value.count)", "\(value.compared)", place, short(value.first), short(value.second),
                value.distance?.description ?? "", value.largest?.description ?? "",
            ])
        }
        return table.description + more(found.count)
    }

    /// What one of two files has not, or has in another type or shape.
    private static func mismatches(_ files: ComparedFiles) -> String {
        let found = files.comparison.mismatches
        return found.prefix(limit).map(line).joined(separator: "\n")
            + more(found.count)
    }

    private var checkpointSection: String {
        func line(_ steps: [Int], _ what: String) -> String? {
            guard !steps.isEmpty else { return nil }
            return "checkpoints \(what): \(steps.count == 1 ? "step" : "steps") "
                + steps.map { "\($0)" }.joined(separator: ", ")
        }
        let isEqual = { (files: ComparedFiles) in files.comparison.isEqual }
        let unlike = checkpoints.filter { !$0.files.hasEqualState }
        var lines = [
            line(checkpoints.filter { isEqual($0.files) }.map(\.step), "equal"),
            line(
                checkpoints.filter { !isEqual($0.files) && $0.files.hasEqualState }.map(\.step),
                "equal but for the configuration"),
            line(unlike.map(\.step), "different"),
            line(a.checkpoints.keys.filter { b.checkpoints[$0] == nil }.sorted(), "only in A"),
            line(b.checkpoints.keys.filter { a.checkpoints[$0] == nil }.sorted(), "only in B"),
        ].compactMap { $0 }
        if let first = unlike.first {
            lines += ["", "checkpoint of step \(first.step)"]
            lines += [Self.values(first.files), Self.mismatches(first.files)].filter { !$0.isEmpty }
        }
        return lines.joined(separator: "\n")
    }

    /// What a person calls the dataset: `parameter linear1/weight`, `velocity of linear1/weight`, `/steps/loss`.
    private static func name(_ difference: ValueDifference) -> String {
        let parts = difference.path.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, !difference.path.contains("@") else { return difference.path }
        switch parts[0] {
        case "parameters": return "parameter \(parts[1])"
        case "buffers": return "buffer \(parts[1])"
        case "state": return "state \(parts[1])"
        case "optimizer":
            let slot = parts[1].split(separator: "/", maxSplits: 1)
            return slot.count == 2 ? "\(slot[0]) of \(slot[1])" : difference.path
        default: return difference.path
        }
    }

    /// Long texts (a configuration, a command) are cut.
    private static func short(_ text: String) -> String {
        let line = text.replacing("\n", with: " ")
        return line.count > 40 ? line.prefix(39) + "…" : line
    }

    private static func more(_ count: Int) -> String { count > limit ? "\nand \(count - limit) more" : "" }
}
