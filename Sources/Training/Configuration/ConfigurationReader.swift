import Yams

/// Reads one mapping of the configuration, key by key, and writes what it read, defaults included.
///
/// Reading a key is what declares it: unknown keys are those that nobody read, and the resolved configuration is what came
/// out of the reading, so neither can be forgotten for a new key.
struct ConfigurationReader {
    /// Where messages say a key stands: the file's name, or empty.
    let file: String
    /// The path of the mapping, e.g. `optimizer.momentum`; empty at the root.
    let path: String
    /// Where messages point for a key that is missing.
    private let place: Node?
    private let given: [String: Node]
    private let givenOrder: [(key: String, line: Int?)]
    private var known: [String] = []
    /// The resolved mapping, in the order of reading.
    private(set) var resolved: [(Node, Node)] = []

    /// - Parameter place: the node that messages point at for a key that is missing; nil for `node`.
    /// - Throws: if `node` is not a mapping.
    init(_ node: Node?, path: String, file: String, place: Node? = nil) throws(ConfigurationError) {
        self.place = place ?? node
        self.path = path
        self.file = file
        guard let node, !node.isNull else {
            given = [:]
            givenOrder = []
            return
        }
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(
                source: Self.source(file, node), key: path,
                message: "expected keys and values, found \(Self.describe(node))")
        }
        var given: [String: Node] = [:]
        var order: [(String, Int?)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw ConfigurationError(
                    source: Self.source(file, key), key: path,
                    message: "a key must be a name, not \(Self.describe(key))")
            }
            given[name] = value
            order.append((name, key.mark?.line))
        }
        self.given = given
        givenOrder = order
    }

    /// The path of `key` in this mapping.
    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Declares `key` and returns what is given for it; the caller resolves it.
    mutating func node(_ key: String) -> Node? {
        known.append(key)
        guard let node = given[key], !node.isNull else { return nil }
        return node
    }

    /// Records the resolved value of a key read with `node`.
    mutating func resolve(_ key: String, _ value: Node) {
        resolved.append((Node(key), value))
    }

    /// An error about `key`.
    func error(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError(source: Self.source(file, given[key] ?? place), key: path(key), message: message)
    }

    /// A whole number in `range`.
    mutating func integer(
        _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        guard let node = node(key) else {
            guard let fallback else { throw error(key, "is missing; give a whole number") }
            resolve(key, Node(String(fallback)))
            return fallback
        }
        guard let text = node.scalar?.string, let value = Int(text.replacing("_", with: "")) else {
            throw error(key, "expected a whole number, found \(Self.describe(node))")
        }
        guard range.contains(value) else {
            throw error(
                key,
                range.upperBound == .max
                    ? "must be at least \(range.lowerBound), not \(value)"
                    : "must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        resolve(key, Node(String(value)))
        return value
    }

    /// A whole number in `range`, or nothing.
    mutating func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard given[key].map({ !$0.isNull }) ?? false else {
            known.append(key)
            resolve(key, .null)
            return nil
        }
        return try integer(key, in: range)
    }

    /// A 64-bit number without sign.
    mutating func unsigned(_ key: String, default fallback: UInt64) throws(ConfigurationError) -> UInt64 {
        guard let node = node(key) else {
            resolve(key, Node(String(fallback)))
            return fallback
        }
        guard let text = node.scalar?.string, let value = UInt64(text.replacing("_", with: "")) else {
            throw error(key, "expected a whole number from 0 to \(UInt64.max), found \(Self.describe(node))")
        }
        resolve(key, Node(String(value)))
        return value
    }

    /// A finite number for which `isValid` holds; `bounds` says in words what is valid.
    ///
    /// - Parameter inSinglePrecision: whether training keeps the number itself, in `Float`: then it has to be finite there too.
    mutating func number(
        _ key: String, default fallback: Double? = nil, inSinglePrecision: Bool = false, _ bounds: String,
        where isValid: (Double) -> Bool
    ) throws(ConfigurationError) -> Double {
        guard let node = node(key) else {
            guard let fallback else { throw error(key, "is missing; give \(bounds)") }
            resolve(key, Self.number(fallback))
            return fallback
        }
        guard let text = node.scalar?.string, let value = Double(text), value.isFinite else {
            throw error(key, "expected \(bounds), found \(Self.describe(node))")
        }
        guard !inSinglePrecision || Float(value).isFinite else {
            throw error(key, "must be within ±\(Float.greatestFiniteMagnitude), not \(text)")
        }
        guard isValid(value) else { throw error(key, "must be \(bounds), not \(text)") }
        resolve(key, Self.number(value))
        return value
    }

    /// What is added so that nothing is divided by 0: more than what single precision makes 0.
    mutating func epsilon(default fallback: Double) throws(ConfigurationError) -> Double {
        try number("epsilon", default: fallback, inSinglePrecision: true, "at least \(Float.leastNormalMagnitude)") {
            $0 >= Double(Float.leastNormalMagnitude)
        }
    }

    mutating func boolean(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let node = node(key) else {
            resolve(key, Node(String(fallback)))
            return fallback
        }
        guard let text = node.scalar?.string, let value = ["true": true, "false": false][text.lowercased()] else {
            throw error(key, "expected true or false, found \(Self.describe(node))")
        }
        resolve(key, Node(String(value)))
        return value
    }

    /// One of `choices`.
    mutating func choice(
        _ key: String, default fallback: String, of choices: [String]
    ) throws(ConfigurationError) -> String {
        guard let node = node(key) else {
            resolve(key, Node(fallback))
            return fallback
        }
        guard let text = node.scalar?.string, choices.contains(text) else {
            let text = node.scalar?.string ?? ""
            throw error(key, "unknown value '\(text)'; \(NearestName.hint(for: text, among: choices))")
        }
        resolve(key, Node(text))
        return text
    }

    mutating func optionalString(_ key: String) throws(ConfigurationError) -> String? {
        guard let node = node(key) else {
            resolve(key, .null)
            return nil
        }
        guard let text = node.scalar?.string else { throw error(key, "expected text, found \(Self.describe(node))") }
        resolve(key, Node(text))
        return text
    }

    /// A nested mapping, read by `body`; absent is the same as empty.
    mutating func mapping<Value>(
        _ key: String, _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        var nested = try ConfigurationReader(node(key), path: path(key), file: file)
        let value = try body(&nested)
        resolve(key, try nested.finish())
        return value
    }

    /// A variant: `kind`, `{kind: value}` or `{kind: {key: value…}}`; `body` reads the inner keys.
    ///
    /// - Parameters:
    ///   - fallback: the variant where nothing is given.
    ///   - shorthand: for each kind, the inner key that a plain value stands for; kinds without one take no plain value.
    mutating func variant<Value>(
        _ key: String, default fallback: Node, shorthands: [String: String?],
        _ body: (_ kind: String, inout ConfigurationReader) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        let node = node(key) ?? fallback
        let (value, resolvedNode) = try Self.variant(
            node, path: path(key), file: file, what: key, shorthands: shorthands, body)
        resolve(key, resolvedNode)
        return value
    }

    /// Reads a variant that stands in a list or under a key.
    static func variant<Value>(
        _ node: Node, path: String, file: String, what: String, shorthands: [String: String?],
        _ body: (_ kind: String, inout ConfigurationReader) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> (Value, Node) {
        let (kind, inner) = try kindAndOptions(node, path: path, file: file, what: what)
        guard let shorthand = shorthands[kind] else {
            throw ConfigurationError(
                source: source(file, node), key: path,
                message: "unknown \(what) '\(kind)'; \(NearestName.hint(for: kind, among: Array(shorthands.keys)))")
        }
        var options = inner
        if let inner, !inner.isMap, !inner.isNull {
            guard let shorthand else {
                throw ConfigurationError(
                    source: source(file, node), key: "\(path).\(kind)",
                    message: "takes keys, not the value \(describe(inner))")
            }
            options = Node([(Node(shorthand), inner)])
        }
        var reader = try ConfigurationReader(options, path: "\(path).\(kind)", file: file, place: node)
        let value = try body(kind, &reader)
        let resolved = try reader.finish()
        let isBare = resolved.mapping?.isEmpty ?? true
        return (value, isBare ? Node(kind) : Node([(Node(kind), resolved)]))
    }

    private static func kindAndOptions(
        _ node: Node, path: String, file: String, what: String
    ) throws(ConfigurationError) -> (String, Node?) {
        if let kind = node.scalar?.string { return (kind, nil) }
        if let mapping = node.mapping, mapping.count == 1, let entry = mapping.first,
            let kind = entry.key.scalar?.string
        {
            return (kind, entry.value.isNull ? nil : entry.value)
        }
        throw ConfigurationError(
            source: source(file, node), key: path,
            message: "expected a name or {name: options} for one \(what), found \(describe(node))")
    }

    /// Ends the reading of this mapping.
    ///
    /// - Throws: naming the first key that nobody read and the nearest known one.
    func finish() throws(ConfigurationError) -> Node {
        for (key, _) in givenOrder where !known.contains(key) {
            let hint =
                known.isEmpty ? "'\(path)' takes no keys" : NearestName.hint(for: key, among: known)
            throw ConfigurationError(
                source: Self.source(file, given[key]), key: path(key), message: "unknown key '\(key)'; \(hint)")
        }
        return Node(resolved)
    }

    static func number(_ value: Double) -> Node {
        value == value.rounded() && abs(value) < 1e15 ? Node(String(Int(value))) : Node(String(value))
    }

    static func source(_ file: String, _ node: Node?) -> String {
        guard let mark = node?.mark, mark.line > 0, !file.isEmpty else { return file }
        return "\(file):\(mark.line)"
    }

    static func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "'\(scalar.string)'"
        case .sequence: "a list"
        case .mapping: "keys and values"
        case .alias: "an alias"
        }
    }
}

extension Node {
    /// A null value.
    static var null: Node { Node("null", Tag(.null)) }

    var isMap: Bool { mapping != nil }

    var isNull: Bool { scalar.map { ["", "~", "null"].contains($0.string) && $0.style != .doubleQuoted } ?? false }
}
