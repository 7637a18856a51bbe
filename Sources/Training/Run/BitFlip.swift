import Core
import Distributed

/// One flipped bit, to prove that it is found: what `--flip-bit RANK:STEP:TENSOR:BIT` asks for.
public struct BitFlip: Sendable {
    let rank: Int
    /// After this many steps; 0 for the first weights.
    let step: Int
    /// A parameter or buffer, e.g. `linear1/weight`.
    let tensor: String
    /// Bit 0 of element 0 as it lies in memory is 0; an element has 32.
    let bit: Int

    /// - Returns: nil if the text is no RANK:STEP:TENSOR:BIT.
    public init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 4, let rank = Int(parts[0]), let step = Int(parts[1]), let bit = Int(parts[3]),
            rank >= 0, step >= 0, bit >= 0
        else { return nil }
        self.rank = rank
        self.step = step
        tensor = String(parts[2])
        self.bit = bit
    }

    /// - Throws: `ConfigurationError` if there is no such rank, tensor or bit.
    func check(_ arena: ParameterArena<Float>, ranks: Int) throws {
        guard rank < ranks else {
            throw ConfigurationError(message: "--flip-bit: there is no rank \(rank) among \(ranks)")
        }
        guard let (_, count) = place(in: arena) else {
            throw ConfigurationError(message: "--flip-bit: there is no parameter or buffer '\(tensor)'")
        }
        guard bit < count * 32 else {
            throw ConfigurationError(message: "--flip-bit: \(tensor) has \(count * 32) bits, there is no bit \(bit)")
        }
    }

    /// Flips it, if this is the rank and `steps` are done.
    func apply(to arena: ParameterArena<Float>, rank: Int, steps: Int) {
        guard rank == self.rank, steps == step, let (values, _) = place(in: arena) else { return }
        values[bit / 32] = Float(bitPattern: values[bit / 32].bitPattern ^ (1 << UInt32(bit % 32)))
    }

    private func place(in arena: ParameterArena<Float>) -> (UnsafeMutablePointer<Float>, count: Int)? {
        if let parameter = arena.parameters.first(where: { $0.name == tensor }) {
            return (arena.values + parameter.offset, parameter.count)
        }
        return arena.buffers.first { $0.name == tensor }.map { (arena.bufferValues + $0.offset, $0.count) }
    }
}
