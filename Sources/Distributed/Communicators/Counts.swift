/// The byte counts of a gather, scatter or allgather.
enum Counts {
    /// Traps where a rank's own counts contradict each other.
    ///
    /// - Parameters:
    ///   - own: the calling rank and the bytes it brings or receives.
    ///   - whole: the bytes of the concatenation; nil on a rank that does not hold it.
    static func validate(_ counts: [Int], size: Int, own: (rank: Int, bytes: Int), whole: Int?) {
        precondition(counts.count == size, "\(counts.count) counts for \(size) ranks")
        precondition(
            counts[own.rank] == own.bytes,
            "rank \(own.rank) has \(own.bytes) bytes, but its count is \(counts[own.rank])")
        if let whole {
            let sum = total(counts)
            precondition(whole == sum, "room for \(whole) bytes, but the counts add up to \(sum)")
        }
    }

    /// The sum, without `reduce`'s closure.
    static func total(_ counts: [Int]) -> Int {
        var sum = 0
        for count in counts { sum += count }
        return sum
    }

    /// Where the bytes of `rank` begin in the concatenation.
    static func offset(of rank: Int, in counts: [Int]) -> Int {
        var offset = 0
        for r in 0..<rank { offset += counts[r] }
        return offset
    }
}
