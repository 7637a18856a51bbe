/// The random numbers of the checks: streams of Philox, each told apart by its name.
struct CheckRandom {
    /// What a stream is for.
    enum Stream: Int {
        case input, parameters, weighting, classes, targets, samples, directions
    }

    let seed: UInt64

    /// `count` draws from N(0, 1); different for every `variant`.
    func normals(_ stream: Stream, variant: Int = 0, count: Int) -> [Double] {
        let words = words(stream, variant: variant, count: 2 * ((count + 1) / 2))
        var draws: [Double] = []
        draws.reserveCapacity(words.count)
        for i in stride(from: 0, to: words.count, by: 2) {
            let (first, second) = Philox.normals(words[i], words[i + 1])
            draws.append(first)
            draws.append(second)
        }
        return Array(draws.prefix(count))
    }

    /// `count` draws from 0..<`bound`.
    func integers(_ stream: Stream, below bound: Int, count: Int) -> [Int32] {
        (0..<count).map { Int32(integer(stream, variant: 0, position: $0, below: bound)) }
    }

    /// `count` different numbers of 0..<`bound`, in order. Source: Floyd & Bentley, "A sample of brilliance" (1987).
    func sample(variant: Int, of bound: Int, count: Int) -> [Int] {
        guard count < bound else { return Array(0..<bound) }
        var chosen: Set<Int> = []
        for last in (bound - count)..<bound {
            let draw = integer(.samples, variant: variant, position: last, below: last + 1)
            chosen.insert(chosen.contains(draw) ? last : draw)
        }
        return chosen.sorted()
    }

    private func integer(_ stream: Stream, variant: Int, position: Int, below bound: Int) -> Int {
        Philox.bounded(
            bound, key: seed, position: position, step: variant, purpose: .check, ordinal: stream.rawValue)
    }

    private func words(_ stream: Stream, variant: Int, count: Int) -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: count) { words, initialized in
            Philox.fill(
                words.baseAddress!, count: count, key: seed, position: 0, step: variant, purpose: .check,
                ordinal: stream.rawValue)
            initialized = count
        }
    }
}
