import Storage

/// A text small enough for many runs, and the sequences that it is cut into.
enum SmallText {
    /// Sentences of three words that are drawn, and bytes that are no letters.
    static let bytes: [UInt8] = {
        var draw = DrawnNumbers(seed: 5)
        let words = ["the cat", "a dog", "every bird", "sees", "hears", "the sea", "a tree", "Wörter"]
        var text: [UInt8] = [0, 255]
        while text.count < 900 {
            text += Array((0..<3).map { _ in draw.element(of: words) }.joined(separator: " ").utf8) + Array(". ".utf8)
        }
        return Array(text.prefix(900))
    }()

    /// 12 places a sample; 133 windows to train on that overlap, 43 to validate with.
    static let datasets: Datasets = {
        do {
            return try Datasets(text: ("text", bytes), length: 12, stride: 5, validation: 0.25)
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// A last batch of 5 samples, fewer than there are shards.
    static let yaml = """
        network: [{embedding: {classes: 256, width: 6}}, {linear: 9}, tanh, {dropout: 0.2}, {linear: 256}]
        optimizer: {adam: {learningRate: 0.01}}
        globalBatchSize: 32
        """
}
