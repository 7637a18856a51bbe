import Yams

/// The configuration as written: a YAML tree into which `--set` and the flags are laid before it is read.
struct ConfigurationDocument {
    private(set) var root: Node

    /// The keys whose value is a variant, `kind` or `{kind: options}`: setting another kind replaces the whole.
    private static let variantKeys: Set<String> = [
        "augmentation", "data", "loss", "optimizer", "schedule", "gradientClipping", "nonFinite",
    ]

    /// An empty configuration: all defaults.
    init() {
        root = Node([(Node, Node)]())
    }

    /// - Throws: naming file and line where the text is no YAML mapping.
    init(yaml: String, file: String) throws(ConfigurationError) {
        let parsed: Node?
        do {
            parsed = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw Self.syntaxError(error, file: file)
        } catch {
            throw ConfigurationError(source: file, message: "\(error)")
        }
        root = parsed.map { $0.isNull ? Node([(Node, Node)]()) : $0 } ?? Node([(Node, Node)]())
        guard root.isMap else {
            throw ConfigurationError(
                source: ConfigurationReader.source(file, root),
                message: "expected keys and values, found \(ConfigurationReader.describe(root))")
        }
    }

    private static func syntaxError(_ error: YamlError, file: String) -> ConfigurationError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let details = context.map { " (\($0.text))" } ?? ""
            return ConfigurationError(
                source: "\(file):\(mark.line)",
                message: "YAML syntax error at column \(mark.column): \(problem)\(details)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return ConfigurationError(
                source: "\(file):\(context.mark.line)",
                message: "key given twice: \(duplicates.map { "\($0)" }.joined(separator: ", "))")
        default:
            return ConfigurationError(source: file, message: "YAML error: \(error)")
        }
    }

    /// Lays `assignment`, `key.path=value`, over the tree.
    ///
    /// - Throws: if it has no `=`, or the value is no YAML.
    mutating func set(_ assignment: String) throws(ConfigurationError) {
        guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
            throw ConfigurationError(source: "--set", message: "expected key.path=value, found '\(assignment)'")
        }
        let path = String(assignment[..<equals])
        let text = String(assignment[assignment.index(after: equals)...])
        let value: Node
        do {
            value = try Yams.compose(yaml: text) ?? .null
        } catch {
            throw ConfigurationError(source: "--set", key: path, message: "the value '\(text)' is not valid YAML")
        }
        try set(path, to: value.withoutMarks)
    }

    /// Lays `value` over the key at `path`; list elements are named by their index from 0.
    mutating func set(_ path: String, to value: Node) throws(ConfigurationError) {
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !keys.contains("") else {
            throw ConfigurationError(source: "--set", key: path, message: "a key is empty")
        }
        if keys.first == "network", root["network"] == nil { root["network"] = try Self.defaultNetwork() }
        root = try Self.setting(root, keys[...], value, path: path, isVariant: false)
    }

    /// The kind that a variant key has now, or nil where nothing is given.
    func kind(of key: String) -> String? {
        guard let node = root[key], !node.isNull else { return nil }
        return node.scalar?.string ?? node.mapping?.first?.key.scalar?.string
    }

    static func defaultNetwork() throws(ConfigurationError) -> Node {
        do {
            return try Yams.compose(yaml: Configuration.defaultNetwork)!
        } catch {
            preconditionFailure("the default network is not valid YAML: \(error)")
        }
    }

    private static func setting(
        _ node: Node, _ keys: ArraySlice<String>, _ value: Node, path: String, isVariant: Bool
    ) throws(ConfigurationError) -> Node {
        guard let key = keys.first else { return value }
        let rest = keys.dropFirst()
        if case .sequence(var sequence) = node {
            guard let index = Int(key), sequence.indices.contains(index) else {
                throw ConfigurationError(
                    source: "--set", key: path, message: "'\(key)' is no index of a list of \(sequence.count)")
            }
            sequence[index] = try setting(sequence[index], rest, value, path: path, isVariant: true)
            return .sequence(sequence)
        }
        if isVariant {
            let inner: Node? =
                node.mapping?.first.flatMap { $0.key.scalar?.string == key ? expanded($0.value, kind: key) : nil }
            return Node([
                (Node(key), try setting(inner ?? Node([(Node, Node)]()), rest, value, path: path, isVariant: false))
            ])
        }
        var entries = node.mapping.map { $0.map { ($0.key, $0.value) } } ?? []
        let isVariantKey = variantKeys.contains(key)
        if let index = entries.firstIndex(where: { $0.0.scalar?.string == key }) {
            entries[index].1 = try setting(entries[index].1, rest, value, path: path, isVariant: isVariantKey)
        } else {
            let empty = Node([(Node, Node)]())
            entries.append((Node(key), try setting(empty, rest, value, path: path, isVariant: isVariantKey)))
        }
        return Node(entries)
    }

    /// The options of a variant as a mapping: a plain value stands for the kind's shorthand key.
    private static func expanded(_ options: Node, kind: String) -> Node? {
        if options.isMap { return options }
        guard !options.isNull, let shorthand = Configuration.shorthand(of: kind) else { return nil }
        return Node([(Node(shorthand), options)])
    }
}

extension Node {
    /// The same tree without line numbers, so that messages do not name a line of the wrong text.
    var withoutMarks: Node {
        switch self {
        case .scalar(let scalar): Node(scalar.string, scalar.tag, scalar.style)
        case .sequence(let sequence): Node(sequence.map(\.withoutMarks))
        case .mapping(let mapping): Node(mapping.map { ($0.key.withoutMarks, $0.value.withoutMarks) })
        case .alias: self
        }
    }
}
