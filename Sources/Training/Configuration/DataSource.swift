import Yams

/// Where the samples come from: the key `data`.
public enum DataSource: Sendable {
    /// The digits compiled into the program.
    case bundled
    /// A folder of four IDX files.
    case folder(String)
    case text(Text)

    /// The bytes of one file, cut into windows.
    public struct Text: Sendable {
        /// The file; nil in what a run's files say of their result, which is the same wherever the text lies.
        public let path: String?
        /// The bytes of a window.
        public let length: Int
        /// The bytes from the beginning of a window to that of the next; nil for `length`.
        public let stride: Int?
        /// The part of the text, its end, that is for validation.
        public let validation: Double
    }

    /// For each kind that has options, the key that a plain value stands for.
    static let shorthands: [String: String?] = ["text": "path"]

    /// What of the resolved key determines the result: of a text all but its place; else nothing.
    static func result(_ resolved: Node) -> Node? {
        guard let text = resolved["text"]?.mapping else { return nil }
        return Node([(Node("text"), Node(text.filter { $0.key.scalar?.string != "path" }.map { ($0.key, $0.value) }))])
    }
}

extension ConfigurationReader {
    /// A folder, nothing, or `{text: FILE}`.
    mutating func data() throws(ConfigurationError) -> DataSource {
        guard let node = node("data") else {
            resolve("data", .null)
            return .bundled
        }
        if let folder = node.scalar?.string {
            resolve("data", Node(folder))
            return .folder(folder)
        }
        guard node.isMap else { throw error("data", "expected a folder or {text: FILE}, found \(Self.describe(node))") }
        let (text, resolved) = try Self.variant(
            node, path: path("data"), file: file, what: "data", shorthands: DataSource.shorthands
        ) { _, reader throws(ConfigurationError) in
            DataSource.Text(
                path: try reader.optionalString("path"),
                length: try reader.integer("length", default: 128, in: 1...Int(Int32.max)),
                stride: try reader.optionalInteger("stride", in: 1...Int(Int32.max)),
                validation: try reader.number("validation", default: 0.1, "a number between 0 and 1") {
                    $0 > 0 && $0 < 1
                })
        }
        resolve("data", resolved)
        return .text(text)
    }
}
