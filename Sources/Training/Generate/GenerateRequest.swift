/// What `dtrain generate` is asked for.
public struct GenerateRequest: Sendable {
    /// A run's folder, whose last good checkpoint is taken, or a checkpoint.
    public let path: String
    /// What the text begins with, at least one byte.
    public let prompt: [UInt8]
    /// The bytes to add.
    public let length: Int
    public let choice: ByteChoice

    public init(path: String, prompt: [UInt8], length: Int, choice: ByteChoice) {
        self.path = path
        self.prompt = prompt
        self.length = length
        self.choice = choice
    }
}
