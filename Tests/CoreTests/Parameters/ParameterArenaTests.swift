import Core
import Testing

struct ParameterArenaTests {
    private func arena() -> (ParameterArena<Float>, [ParameterID], BufferID) {
        let arena = ParameterArena<Float>()
        let ids = [
            arena.declare("a/weight", shape: [20, 18], initializer: .he, layout: .columnPanels, decays: true),
            arena.declare("a/bias", shape: [18], initializer: .constant(0.5), decays: false),
            arena.declare("b/gamma", shape: [3], initializer: .constant(1), decays: false),
        ]
        let buffer = arena.declareBuffer("b/running_variance", shape: [3], initialValue: 1)
        return (arena, ids, buffer)
    }

    @Test func parametersLieOneAfterTheOtherAlignedToSixtyFourBytes() {
        let (arena, ids, buffer) = arena()
        arena.seal(rootCount: 2)
        #expect(arena.parameters.map(\.offset) == [0, 368, 400])
        #expect(arena.storageCount == 416 && arena.parameterCount == 381 && arena.rootCount == 2)
        #expect(arena.values(ids[1]) == arena.values + 368)
        #expect(arena.gradient(ids[2], root: 1) == arena.gradients(root: 1) + 400)
        #expect(Int(bitPattern: arena.values(ids[1])) % 64 == 0)
        #expect((0..<3).map { arena.values(buffer)[$0] } == [1, 1, 1])
    }

    @Test func memoryMayBeGiven() {
        let (arena, ids, _) = arena()
        let values = AlignedBuffer<Float>(count: arena.storageCount)
        let gradients = AlignedBuffer<Float>(count: arena.storageCount)
        arena.seal(rootCount: 1, values: values.base, gradients: [gradients.base])
        arena.initialize(seed: 1)
        #expect(values[368] == 0.5)
        #expect(arena.gradient(ids[0], root: 0) == gradients.base)
    }

    /// Panels hold every element once.
    @Test(arguments: [1, 15, 16, 17, 32, 40])
    func panelsArePermutations(columns: Int) {
        let arena = ParameterArena<Float>()
        _ = arena.declare(
            "w", shape: [7, columns], initializer: .he, layout: .columnPanels, decays: true)
        let parameter = arena.parameters[0]
        let places = (0..<parameter.count).map { parameter.storageIndex($0) }
        #expect(places.sorted() == Array(0..<parameter.count))
        // Within a panel of sixteen columns, rows follow each other.
        if columns >= 32 {
            #expect(parameter.storageIndex(columns + 16) - parameter.storageIndex(16) == min(16, columns - 16))
        }
    }

    @Test(arguments: ["declared twice", "declared after"])
    func mistakesTrapByName(mistake: String) async {
        let result =
            mistake == "declared twice"
            ? await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let arena = ParameterArena<Float>()
                _ = arena.declare("w", shape: [1], initializer: .he, decays: true)
                _ = arena.declare("w", shape: [2], initializer: .he, decays: true)
            }
            : await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let arena = ParameterArena<Float>()
                arena.seal(rootCount: 1)
                _ = arena.declare("w", shape: [1], initializer: .he, decays: true)
            }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("parameter w \(mistake)"))
    }
}
