import CSystem
import Core
import Distributed
import Testing

@Suite struct WritePrefetchTests {
    /// Each line is asked for once: of every root's gradient what others own, then of the parameters what this rank owns.
    @Test(
        .enabled(if: dtrain_can_prefetch_to_write() != 0),
        arguments: [
            (0, 3, []), (1, 3, []), (2, 3, []), (0, 4, []), (3, 4, []), (6, 7, []), (0, 2, [3072]), (1, 2, [2048]),
        ])
    func partsAreWhatNeighboursHaveRead(owner: Int, owners: Int, bucketStarts: [Int]) throws {
        let arena = ParameterArena<Float>()
        for i in 0..<6 {
            _ = arena.declare("weight\(i)", shape: [1024], initializer: .constant(0), decays: false)
        }
        arena.seal(rootCount: 2)
        let nodes = Nodes(rank: 0, keys: [0, 0, 1])
        let owned = ParameterBlocks(arena.parameters, bucketStarts: bucketStarts).slice(of: owner, of: owners)
        let prefetch = try #require(WritePrefetch(arena, owned: owned, nodes: nodes))
        let all = stride(from: 0, to: 6144, by: 16)
        let others = all.filter { owned.place(of: $0) == nil }
        func lines(of base: UnsafeMutablePointer<Float>, _ elements: [Int]) -> [UnsafeMutableRawPointer] {
            elements.map { UnsafeMutableRawPointer(base + $0) }
        }
        let gradients = lines(of: arena.gradients(root: 0), others) + lines(of: arena.gradients(root: 1), others)
        let parameters = lines(of: arena.values, all.filter { owned.place(of: $0) != nil })
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
        let owned = ParameterBlocks(arena.parameters).slice(of: 0, of: 3)
        #expect(WritePrefetch(arena, owned: owned, nodes: .apart(rank: 0, size: 3)) == nil)
        #expect(WritePrefetch(arena, owned: owned, nodes: Nodes(rank: 2, keys: [0, 0, 1])) == nil)
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
