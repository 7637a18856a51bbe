import Testing

/// Something that dtrain must refuse.
struct BadInput: CustomTestStringConvertible, Sendable {
    /// What is wrong, for the test's report.
    let testDescription: String
    /// The exit code.
    let code: Int32
    /// What the one line must hold.
    let says: [String]
    /// What dtrain is told, once the folder holds what it needs.
    let arguments: @Sendable (TemporaryFolder) throws -> [String]

    init(
        _ description: String, code: Int32, says: [String],
        arguments: @escaping @Sendable (TemporaryFolder) throws -> [String]
    ) {
        testDescription = description
        self.code = code
        self.says = says
        self.arguments = arguments
    }

    /// Arguments that are wrong by themselves.
    init(_ description: String, code: Int32, says: [String], flags: String...) {
        testDescription = description
        self.code = code
        self.says = says
        arguments = { _ in Dtrain.smallNetwork + ["--epochs", "1", "--out", "new"] + flags }
    }
}
