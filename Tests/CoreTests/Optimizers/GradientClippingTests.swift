import Core
import Testing

struct GradientClippingTests {
    private func clip(_ clipping: GradientClipping, _ gradients: [Float], coefficient: Double) -> ([Float], Bool) {
        var gradients = gradients
        let count = gradients.count
        let changed = gradients.withUnsafeMutableBufferPointer {
            clipping.apply(to: $0.baseAddress!, count: count, coefficient: coefficient)
        }
        return (gradients, changed)
    }

    @Test func aLongGradientIsScaledDown() {
        let clipping = GradientClipping.norm(2)
        #expect(clipping.needsNorm)
        #expect(clipping.coefficient(norm: 8) == 2 / (8 + 1e-6))
        #expect(clipping.coefficient(norm: 2) == 2 / (2 + 1e-6))
        #expect(clipping.coefficient(norm: 1.9) == 1)
        #expect(clipping.coefficient(norm: 0) == 1)
        #expect(clipping.coefficient(norm: .nan).isNaN)
        #expect(clipping.coefficient(norm: .infinity) == 0)
        #expect(clip(clipping, [4, -8, 0], coefficient: 0.25) == ([1, -2, 0], true))
        #expect(clip(clipping, [4, -8, 0], coefficient: 1) == ([4, -8, 0], false))
    }

    @Test func largeElementsAreLimited() {
        let clipping = GradientClipping.value(1.5)
        #expect(!clipping.needsNorm && clipping.coefficient(norm: 100) == 1)
        #expect(clip(clipping, [2, -2, 1.5, -1, .infinity], coefficient: 1) == ([1.5, -1.5, 1.5, -1, 1.5], true))
        #expect(clip(clipping, [1, -1.5], coefficient: 1) == ([1, -1.5], false))
        let (clipped, changed) = clip(clipping, [.nan, 0], coefficient: 1)
        #expect(clipped[0].isNaN && !changed)
    }

    @Test func noneLeavesEverything() {
        #expect(!GradientClipping.none.needsNorm)
        #expect(clip(.none, [1e30, .infinity], coefficient: 1) == ([1e30, .infinity], false))
    }

    /// The norm over all parameters, whoever computed which block.
    @Test func theNormIsThatOfAllParameters() {
        let arena = ParameterArena<Float>()
        for (name, count) in [("a", 2100), ("b", 3), ("c", 1024)] {
            _ = arena.declare(name, shape: [count], initializer: .normal(standardDeviation: 1), decays: true)
        }
        arena.seal(rootCount: 1)
        arena.initialize(seed: 3)
        let blocks = ParameterBlocks(arena.parameters)
        #expect(blocks.blocks.count == 5)
        let sums = blocks.blocks.map {
            ParameterBlocks.squareSum(arena.values + $0.range.lowerBound, count: $0.range.count)
        }
        var perParameter = [Double](repeating: 0, count: 3)
        blocks.perParameter(sums, into: &perParameter)
        let norm = GradientClipping.norm(parameterSums: perParameter, count: 3)
        let expected = arena.parameters.flatMap { $0.range.map { Double(arena.values[$0]) } }.map { $0 * $0 }
            .reduce(0, +)
        #expect((norm * norm / expected - 1).magnitude < 1e-13)
        #expect(GradientClipping.norm(parameterSums: perParameter, count: 0) == 0)
    }
}
