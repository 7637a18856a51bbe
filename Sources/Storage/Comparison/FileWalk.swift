/// Goes through two files and notes what is not alike.
struct FileWalk {
    private let a: StoredFile
    private let b: StoredFile
    private(set) var differences: [ValueDifference] = []
    private(set) var mismatches: [FileComparison.Mismatch] = []
    private(set) var tables: [TableComparison] = []
    /// The rows of each table, by its path.
    private var rows: [String: (matched: MatchedRows, counts: (Int, Int))] = [:]

    /// Every path in either file, in the order in which A's were written, then what only B has.
    let paths: [String]

    init(_ a: StoredFile, _ b: StoredFile) {
        self.a = a
        self.b = b
        func ordered(_ objects: some Sequence<HDF5Reader.Object>) -> [String] {
            objects.sorted { ($0.address, $0.path) < ($1.address, $1.path) }.map(\.path)
        }
        paths = ordered(a.objects.values) + ordered(b.objects.values.filter { a.objects[$0.path] == nil })
    }

    var hasFound: Bool {
        !differences.isEmpty || !mismatches.isEmpty
            || !tables.allSatisfy(\.hasSameRows)
    }

    mutating func compare(_ paths: [String]) throws(HDF5Error) {
        for path in paths { try matchRows(path) }
        for path in paths { try compare(path) }
    }

    /// Matches the rows of the table whose key `path` is.
    private mutating func matchRows(_ path: String) throws(HDF5Error) {
        let (table, key) = FileSystem.split(path)
        guard ["step", "epoch"].contains(key), table != "/" else { return }
        guard let first = try keys(path, in: a), let second = try keys(path, in: b) else { return }
        let matched = MatchedRows(key: key, first, second)
        rows[table] = (matched, (first.count, second.count))
        tables.append(
            TableComparison(
                path: table, key: key, rowCount: matched.pairs.count,
                onlyFirst: try alone(matched.onlyFirst, of: table, keys: first, in: a),
                onlySecond: try alone(matched.onlySecond, of: table, keys: second, in: b)))
    }

    /// The keys of a table, none where the file has the table's group without it; nil where it is something else.
    private func keys(_ path: String, in file: StoredFile) throws(HDF5Error) -> [Int64]? {
        guard let object = file.objects[path] else {
            return file.objects[FileSystem.split(path).folder]?.kind == .group ? [] : nil
        }
        guard object.kind == .dataset, try file.reader.kind(of: path).typeName == Int64.typeName else { return nil }
        return try file.reader.read(path, as: Int64.self)
    }

    /// Describes the rows that only `file` has.
    private func alone(
        _ places: [Int], of table: String, keys: [Int64], in file: StoredFile
    ) throws(HDF5Error) -> TableComparison.Rows {
        guard let first = places.first else { return TableComparison.Rows(keys: [], first: "") }
        var words: [String] = []
        for path in file.objects.keys.sorted()
        where file.objects[path]?.kind == .dataset && FileSystem.split(path).folder == table {
            let value = try file.reader.value(path)
            guard value.typeName == "string", value.shape == [keys.count] else { continue }
            words.append("\(FileSystem.split(path).name) \(value.text(first))")
        }
        return TableComparison.Rows(keys: places.map { keys[$0] }, first: words.joined(separator: ", "))
    }

    private mutating func compare(_ path: String) throws(HDF5Error) {
        guard let first = a.objects[path], let second = b.objects[path] else {
            try noteMissing(path)
            return
        }
        guard first.kind == second.kind else {
            mismatches.append(.init(path: path, first: Self.words(first.kind), second: Self.words(second.kind)))
            return
        }
        if case .link = first.kind { return }
        try compareAttributes(path)
        guard first.kind == .dataset else { return }
        try compare(try a.reader.value(path), try b.reader.value(path), at: path, rows: rows(of: path))
    }

    /// What only one file has; what lies in a group that is missing itself goes without saying, and so do the columns of a
    /// table that has rows in one file only.
    private mutating func noteMissing(_ path: String) throws(HDF5Error) {
        let parent = FileSystem.split(path).folder
        guard a.objects[parent] != nil, b.objects[parent] != nil else { return }
        if let (_, counts) = table(of: path), (counts.0 == 0) != (counts.1 == 0) { return }
        let kind = a.objects[path]?.kind ?? b.objects[path]!.kind
        let isFirst = a.objects[path] != nil
        mismatches.append(
            .init(
                path: path, first: isFirst ? Self.words(kind) : "missing",
                second: isFirst ? "missing" : Self.words(kind)))
    }

    private mutating func compareAttributes(_ path: String) throws(HDF5Error) {
        let first = try a.reader.attributeNames(path)
        let second = try b.reader.attributeNames(path)
        for name in first + second.filter({ !first.contains($0) }) {
            guard first.contains(name), second.contains(name) else {
                // Nor is anything said of a table that has rows in one file only.
                if let (_, counts) = table(of: path + "/."), (counts.0 == 0) != (counts.1 == 0) { continue }
                let isFirst = first.contains(name)
                mismatches.append(
                    .init(
                        path: "\(path)@\(name)", first: isFirst ? "an attribute" : "missing",
                        second: isFirst ? "missing" : "an attribute"))
                continue
            }
            try compare(
                try a.reader.value(path, attribute: name), try b.reader.value(path, attribute: name),
                at: "\(path)@\(name)", rows: nil)
        }
    }

    private mutating func compare(
        _ first: HDF5Value, _ second: HDF5Value, at path: String, rows: MatchedRows?
    ) throws(HDF5Error) {
        guard first.type == second.type else {
            mismatches.append(
                .init(
                    path: path, first: first.typeName,
                    second: first.typeName == second.typeName ? "another \(second.typeName)" : second.typeName))
            return
        }
        var (shape, other) = (first.shape, second.shape)
        if rows != nil {
            shape?.removeFirst()
            other?.removeFirst()
        }
        guard shape == other else {
            mismatches.append(
                .init(path: path, first: "of shape \(first.shape ?? [])", second: "of shape \(second.shape ?? [])"))
            return
        }
        if let difference = ValueDifference(path, first, second, rows: rows) { differences.append(difference) }
    }

    /// The nearest table that `path` lies in.
    private func table(of path: String) -> (MatchedRows, (Int, Int))? {
        var folder = FileSystem.split(path).folder
        while folder != "/" {
            if let found = rows[folder] { return found }
            folder = FileSystem.split(folder).folder
        }
        return nil
    }

    /// The rows of the table whose column `path` is; nil if it is none.
    private func rows(of path: String) throws(HDF5Error) -> MatchedRows? {
        guard let (matched, counts) = table(of: path), try a.reader.kind(of: path).shape.first == counts.0,
            try b.reader.kind(of: path).shape.first == counts.1
        else { return nil }
        return matched
    }

    private static func words(_ kind: HDF5Reader.Object.Kind) -> String {
        switch kind {
        case .group: "a group"
        case .dataset: "a dataset"
        case .datatype: "a type"
        case .link(let target): "a link to \(String(decoding: target.prefix { $0 != 0 }, as: UTF8.self))"
        }
    }
}
