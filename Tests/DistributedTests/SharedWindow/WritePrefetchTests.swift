import CSystem
import Core
import Distributed
import Testing

@Suite struct WritePrefetchTests {
    /// Each line is asked for once: of every root's gradient what others own, then of the parameters what this rank owns.
    @Test(.enabled(if: dtrain_can_prefetch_to_write() != 0), arguments: [0..<0, 0..<32, 32..<64, 64..<96])
    func partsAreWhatNeighboursHaveRead(owned: Range<Int>) throws {
        let arena = ParameterArena<Float>()
        _ = arena.declare("weight", shape: [96], initializer: .constant(0), decays: false)
        arena.seal(rootCount: 2)
        let nodes = Nodes(rank: 0, keys: [0, 0, 1])
        let prefetch = try #require(WritePrefetch(arena, owned: owned, nodes: nodes))
        let others = (0..<6).map { $0 * 16 }.filter { !owned.contains($0) }
        func lines(of base: UnsafeMutablePointer<Float>, _ elements: [Int]) -> [UnsafeMutableRawPointer] {
            elements.map { UnsafeMutableRawPointer(base + $0) }
        }
        let gradients = lines(of: arena.gradients(root: 0), others) + lines(of: arena.gradients(root: 1), others)
        let parameters = lines(of: arena.values, (0..<6).map { $0 * 16 }.filter(owned.contains))
        for _ in 0..<2 {
            prefetch.restart(updatesFollow: true)
            #expect(asked(prefetch) == gradients)
            prefetch.goOnToParameters()
            #expect(asked(prefetch) == parameters)
            prefetch.restart(updatesFollow: false)
            prefetch.goOnToParameters()
            #expect(asked(prefetch) == gradients)
        }
    }

    @Test func aRankWithoutNeighboursHasNone() {
        let arena = ParameterArena<Float>()
        _ = arena.declare("weight", shape: [96], initializer: .constant(0), decays: false)
        arena.seal(rootCount: 1)
        #expect(WritePrefetch(arena, owned: 0..<32, nodes: .apart(rank: 0, size: 3)) == nil)
        #expect(WritePrefetch(arena, owned: 0..<32, nodes: Nodes(rank: 2, keys: [0, 0, 1])) == nil)
    }

    /// The lines that a product with time enough would ask for, until there is nothing new.
    private func asked(_ prefetch: WritePrefetch) -> [UnsafeMutableRawPointer] {
        var lines: [UnsafeMutableRawPointer] = []
        var previous = prefetch.next
        prefetch.advance(to: previous)
        while prefetch.next != previous {
            lines += stride(from: prefetch.next, through: prefetch.last, by: 64)
            previous = prefetch.last
            prefetch.advance(to: previous)
        }
        return lines
    }
}
