import CSystem
import Core

/// The cache lines that another rank of this node writes next and this rank has read: it takes them, so that the other one finds
/// each in one cache alone.
///
/// A CPU that writes a line which it wrote before and others have read since waits until all have given it up. Where they share no
/// last-level cache that goes line after line (27 ns each between two of a Zen 4), while a line that one other CPU has written
/// comes as fast as one that is read. So each line of a neighbour's gradients is taken by the one rank that adds it up; and each line of
/// the parameters, which all read, by the rank in the place before the one that writes it, once its own backward pass is done. What is written is what was there.
package struct TakenLines {
    /// The parameters that this rank takes: what the next rank of its node writes, its own slice and what it receives of other
    /// nodes'.
    package let parameters: [Range<Int>]

    /// - Parameters:
    ///   - slices: for each rank of all nodes, what it owns.
    ///   - byteCount: the bytes of all parameters.
    /// - Returns: nil where no other rank shares memory, and for so much that the lines do not stay in the caches until they are
    ///   written.
    package init?(_ nodes: Nodes, slices: [OwnedSlice], byteCount: Int) {
        guard nodes.neighbours.count > 1, byteCount <= Self.maximumBytes else { return nil }
        let next = nodes.neighbours[(nodes.place + 1) % nodes.neighbours.count]
        parameters = slices.indices.filter { rank in
            nodes.nodeOfRank[rank] == nodes.own ? rank == next : nodes.helper(of: rank, on: nodes.own) == next
        }.flatMap { slices[$0].stretches.map(\.elements) }.filter { !$0.isEmpty }
    }

    /// Takes the parameters' lines; nobody writes any of them until all ranks of the node have waited for each other.
    func take<Scalar: TrainingScalar>(parameters values: UnsafeMutablePointer<Scalar>) {
        for elements in parameters { Self.take(values + elements.lowerBound, count: elements.count) }
    }

    /// Takes the lines of `count` numbers that nobody else writes meanwhile.
    ///
    /// - Complexity: a word a line.
    @inline(__always)
    static func take<Scalar: TrainingScalar>(_ base: UnsafeMutablePointer<Scalar>, count: Int) {
        dtrain_take_lines(base, count * MemoryLayout<Scalar>.stride)
    }

    /// With twice as much, parameters and the gradients of two ranks no longer fit into 32 MB: a pass over memory to no end.
    private static var maximumBytes: Int { 8 << 20 }
}
