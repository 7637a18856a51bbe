import Yams

/// A key of the configuration that has two values.
struct ConfigurationDifference {
    /// `optimizer.momentum.learningRate`, `network.0.linear.outputs`.
    let key: String
    /// The values as YAML; nil where the key is not given.
    let first: String?
    let second: String?

    /// Compares two configurations, as files carry them, key by key.
    ///
    /// - Returns: nothing where they say the same, however they are written.
    /// - Throws: where one is no YAML.
    static func between(_ a: String, _ b: String) throws(ConfigurationError) -> [ConfigurationDifference] {
        let first = try leaves(a, "A's configuration")
        let second = try leaves(b, "B's configuration")
        let values = Dictionary(first) { $1 }
        let others = Dictionary(second) { $1 }
        let keys = first.map(\.0) + second.map(\.0).filter { values[$0] == nil }
        return keys.filter { values[$0] != others[$0] }.map {
            ConfigurationDifference(key: $0, first: values[$0], second: others[$0])
        }
    }

    /// Every value that holds no others, with the path to it, in the order of the text.
    private static func leaves(_ yaml: String, _ file: String) throws(ConfigurationError) -> [(String, String)] {
        var leaves: [(String, String)] = []
        func collect(_ node: Node, _ path: String) {
            func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
            switch node {
            case .mapping(let mapping) where !mapping.isEmpty:
                for (key, value) in mapping { collect(value, below(key.scalar?.string ?? "")) }
            case .sequence(let sequence) where !sequence.isEmpty:
                for (index, value) in sequence.enumerated() { collect(value, below("\(index)")) }
            case .scalar(let scalar): leaves.append((path, scalar.string))
            default: leaves.append((path, "nothing"))
            }
        }
        collect(try ConfigurationDocument(yaml: yaml, file: file).root, "")
        return leaves
    }
}
