import CSystem
import Core
import Distributed
import Glibc
import Testing

@Suite struct TakenLinesTests {
    /// On each node one rank takes each parameter, another than the one that writes it there.
    @Test(
        arguments: [
            ([0, 0], []), ([0, 0, 0], []), ([0, 0, 0, 0, 0, 0, 0], []), ([0, 0, 0], [2048]), ([0, 0, 1, 1], []),
            ([0, 1, 1, 0, 1], [1024, 3072]),
        ] as [([UInt64], [Int])])
    func oneRankTakesWhatAnotherWrites(keys: [UInt64], bucketStarts: [Int]) throws {
        let arena = ParameterArena<Float>()
        for i in 0..<6 {
            _ = arena.declare("weight\(i)", shape: [1024], initializer: .constant(0), decays: false)
        }
        arena.seal(rootCount: 1)
        let blocks = ParameterBlocks(arena.parameters, bucketStarts: bucketStarts)
        let slices = keys.indices.map { blocks.slice(of: $0, of: keys.count) }
        for node in Set(keys) {
            var takers = [[Int]](repeating: [], count: arena.storageCount)
            for rank in keys.indices where keys[rank] == node {
                let nodes = Nodes(rank: rank, keys: keys)
                let lines = try #require(TakenLines(nodes, slices: slices, byteCount: 24_576))
                for elements in lines.parameters { for element in elements { takers[element].append(rank) } }
                for owner in keys.indices {
                    let writer = keys[owner] == node ? owner : nodes.helper(of: owner, on: nodes.own)
                    let own = slices[owner].stretches.flatMap(\.elements)
                    #expect(writer != rank || own.allSatisfy { !takers[$0].contains(rank) })
                }
            }
            #expect(takers.allSatisfy { $0.count == 1 })
        }
    }

    @Test func nothingIsTakenAloneOrOfMuch() {
        let blocks = ParameterBlocks([])
        let slices = (0..<3).map { blocks.slice(of: $0, of: 3) }
        func lines(_ nodes: Nodes, bytes: Int) -> TakenLines? { TakenLines(nodes, slices: slices, byteCount: bytes) }
        #expect(lines(.apart(rank: 0, size: 3), bytes: 1024) == nil)
        #expect(lines(Nodes(rank: 2, keys: [0, 0, 1]), bytes: 1024) == nil)
        #expect(lines(Nodes(rank: 1, keys: [0, 0, 1]), bytes: 8 << 20) != nil)
        #expect(lines(Nodes(rank: 1, keys: [0, 0, 1]), bytes: 8 << 20 | 4) == nil)
    }

    /// A line is taken with what is in it, NaNs too.
    @Test func takingChangesNothing() {
        let words = (0..<80).map { UInt32($0) &* 0x9E37_79B9 | 0x7F80_0001 }
        for range in [0..<80, 3..<5, 16..<33, 79..<80, 7..<7] {
            var memory = words
            memory.withUnsafeMutableBytes {
                dtrain_take_lines($0.baseAddress! + 4 * range.lowerBound, 4 * range.count)
            }
            #expect(memory == words)
        }
    }

    /// Every line is written, and none beside: a page that has only been read is the system's one page of zeros until then, and
    /// costs a fault when it is written.
    @Test func everyLineIsWritten() throws {
        let (page, pages) = (Int(sysconf(Int32(_SC_PAGESIZE))), 126)
        // A page on either side that must not be touched.
        let byteCount = (pages + 2) * page
        let base = try #require(
            mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).flatMap { $0 == MAP_FAILED ? nil : $0 })
        defer { munmap(base, byteCount) }
        let memory = base + page
        try #require(mprotect(memory, pages * page, PROT_READ | PROT_WRITE) == 0)
        try #require(madvise(memory, pages * page, MADV_NOHUGEPAGE) == 0)
        // RUSAGE_THREAD, which Swift does not see.
        let thisThread: Int32 = 1
        func faults(_ body: () -> Void) -> Int {
            var (before, after) = (rusage(), rusage())
            getrusage(thisThread, &before)
            body()
            getrusage(thisThread, &after)
            return after.ru_minflt - before.ru_minflt
        }
        func read() {
            for offset in stride(from: 0, to: pages * page, by: page) {
                _ = dtrain_load_word((memory + offset).assumingMemoryBound(to: UInt32.self))
            }
        }
        read()
        let again = faults(read)
        // So many lines of a page, and one of the next: whatever lines are left out, somewhere a page is.
        let taken = faults {
            for lines in 1...pages / 2 {
                dtrain_take_lines(memory + (2 * lines - 1) * page - 64 * lines, 64 * (lines + 1))
            }
        }
        #expect(again < pages / 2)
        #expect(taken >= pages)
        madvise(memory, pages * page, MADV_DONTNEED)
        read()
        #expect(faults { dtrain_take_lines(memory, pages * page) } >= pages)
    }
}
