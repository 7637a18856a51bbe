import Core

/// How a byte is chosen of what a network says of each.
///
/// Computes p ∝ e^(z/T) over the k bytes of the largest z, and draws from it; T = 0 takes the largest. The draw is a function of
/// the seed and the byte's position in the text, and the functions are the project's own: the same text everywhere.
public struct ByteChoice: Sendable {
    /// T, at least 0.
    public let temperature: Double
    /// k: how many bytes may be chosen, at least 1.
    public let topK: Int
    public let seed: UInt64

    /// - Precondition: the temperature is a number of at least 0; `topK` is at least 1.
    public init(temperature: Double, topK: Int, seed: UInt64) {
        precondition(temperature >= 0 && temperature.isFinite, "a temperature of \(temperature)")
        precondition(topK >= 1, "the largest \(topK)")
        self.temperature = temperature
        self.topK = topK
        self.seed = seed
    }

    /// The byte at `position` of the text.
    ///
    /// - Parameter outputs: z of each byte, all of them numbers.
    public func byte(_ outputs: [Float], position: Int) -> UInt8 {
        precondition(outputs.count == 256 && outputs.allSatisfy(\.isFinite), "no number for each byte")
        // The larger first; of equals the first.
        let order = outputs.indices.sorted { (-outputs[$0], $0) < (-outputs[$1], $1) }.prefix(topK)
        guard temperature > 0 else { return UInt8(order[0]) }
        let largest = Double(outputs[order[0]])
        var sum = 0.0
        let sums = order.map { byte in
            sum += Double.exp((Double(outputs[byte]) - largest) / temperature)
            return sum
        }
        let words = Philox.block(
            key: seed,
            counter: Philox.counter(block: 0, position: position, step: 0, purpose: .generation, ordinal: 0))
        let drawn = Philox.unitDouble(words.x, words.y) * sum
        return UInt8(order[sums.firstIndex { drawn < $0 } ?? 0])
    }
}
