import Storage
import Testing

/// A text to train on, and a network that learns it in a second.
enum Book {
    /// Ever the same sentence: 2,400 bytes.
    static let text = String(repeating: "all work and no play. ", count: 110).prefix(2400)

    /// 143 windows of 16 bytes to train on, 15 to validate with; 5 steps an epoch.
    static let flags =
        ["data.text.path=book", "data.text.length=16", "data.text.stride=15", network].flatMap { ["--set", $0] } + [
            "--global-batch-size", "32", "--optimizer", "adam", "--learning-rate", "0.06", "--epochs", "40",
        ]

    static let network = "network=[{embedding: {classes: 256, width: 8}}, {lstm: 24}, {linear: 256}]"

    private static let original = Result {
        let folder = try TemporaryFolder.shared.get()
        try write(into: folder)
        let outcome = try Dtrain.run(flags + ["--out", "book-run"], in: folder)
        try #require(outcome.status == 0, "\(outcome)")
        return folder.file("book-run")
    }

    /// Puts a copy of a finished run on the text into `folder`, as `run`; made once.
    static func copyRun(into folder: TemporaryFolder) throws {
        try folder.copy(original.get(), as: "run")
    }

    /// Puts the text into `folder`, as `book`.
    static func write(into folder: TemporaryFolder) throws {
        try folder.write(String(text), "book")
    }
}
