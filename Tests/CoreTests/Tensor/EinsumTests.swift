import Core
import Testing

struct EinsumTests {
    // MARK: By hand

    @Test func aMatrixProduct() throws {
        let run = try EinsumRun<Double>("ij,jk->ik", [2, 3], [3, 2])
        let (a, b): ([Double], [Double]) = ([1, 2, 3, 4, 5, 6], [1, 0, 2, -1, 0, 3])
        #expect(run.einsum.shapes.result == [2, 2])
        #expect(run.forward(a, b) == [5, 7, 14, 13])
        // dA = dC·Bᵀ, dB = Aᵀ·dC.
        #expect(run.leftGradient([1, 0, 0, 1], b) == [1, 2, 0, 0, -1, 3])
        #expect(run.rightGradient([1, 0, 0, 1], a) == [1, 4, 2, 5, 3, 6])
    }

    @Test func aDiagonalIsTakenAndScattered() throws {
        let run = try EinsumRun<Double>("ii->i", [3, 3])
        #expect(run.forward([1, 2, 3, 4, 5, 6, 7, 8, 9]) == [1, 5, 9])
        #expect(run.leftGradient([10, 20, 30]) == [10, 0, 0, 0, 20, 0, 0, 0, 30])
        #expect(run.leftGradient([10, 20, 30], addedTo: 1) == [11, 1, 1, 1, 21, 1, 1, 1, 31])
        let trace = try EinsumRun<Double>("ii", [3, 3])
        #expect(trace.einsum.shapes.result == [])
        #expect(trace.forward([1, 2, 3, 4, 5, 6, 7, 8, 9]) == [15])
        #expect(trace.leftGradient([2]) == [2, 0, 0, 0, 2, 0, 0, 0, 2])
    }

    /// What one operand alone had was summed, and so gets the same gradient everywhere; here in both operands.
    @Test func labelsThatWereSummedAloneAreSpread() throws {
        let run = try EinsumRun<Double>("si,ti->i", [2, 2], [3, 2])
        let (a, b): ([Double], [Double]) = ([1, 2, 3, 4], [1, 2, 3, 4, 5, 6])
        #expect(run.forward(a, b) == [4 * 9, 6 * 12])
        #expect(run.leftGradient([1, 10], b) == [9, 120, 9, 120])
        #expect(run.rightGradient([1, 10], a) == [4, 60, 4, 60, 4, 60])
    }

    /// numpy's rule for an extent of 1: stretched, and its gradient summed back.
    @Test func anExtentOfOneIsStretched() throws {
        let run = try EinsumRun<Double>("ij,jk->ik", [2, 1], [3, 2])
        let (a, b): ([Double], [Double]) = ([2, -1], [1, 2, 3, 4, 5, 6])
        #expect(run.forward(a, b) == [18, 24, -9, -12])
        #expect(run.leftGradient([1, 0, 0, 1], b) == [9, 12])
        #expect(run.rightGradient([1, 0, 0, 1], a) == [2, -1, 2, -1, 2, -1])
    }

    // MARK: Against the definition

    /// On whole numbers, which every order of adding gives alike: at most 17⁴ terms of at most 9 are far below 2²⁴.
    @Test(arguments: 0..<40)
    func drawnEquationsAgreeWithTheDefinition(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<10 {
            let drawn = EinsumCase(&random)
            func numbers(_ shape: Shape) -> [Double] {
                (0..<shape.elementCount).map { _ in Double(Int.random(in: -3...3, using: &random)) }
            }
            let shapes = try EinsumShapes(EinsumEquation(drawn.equation), drawn.left, drawn.right)
            let (a, b, dC) = (numbers(drawn.left), drawn.right.map(numbers), numbers(shapes.result))
            expectDefinition(drawn, shapes, a, b, dC, Float.self)
            expectDefinition(drawn, shapes, a, b, dC, Double.self)
            expectDefinition(drawn, shapes, a, b, dC, Dual<Double>.self)
        }
    }

    private func expectDefinition<Scalar: TrainingScalar>(
        _ drawn: EinsumCase, _ shapes: EinsumShapes, _ a: [Double], _ b: [Double]?, _ dC: [Double],
        _ scalar: Scalar.Type
    ) {
        let plain = PlainEinsum(shapes: shapes)
        let expected = plain.gradients(dC, a, b ?? [1])
        let run = EinsumRun<Scalar>(shapes)
        #expect(run.forward(a, b) == plain.forward(a, b ?? [1]), "\(drawn)")
        #expect(run.leftGradient(dC, b) == expected.left, "left of \(drawn)")
        #expect(run.leftGradient(dC, b, addedTo: 3) == expected.left.map { $0 + 3 }, "left of \(drawn), added")
        guard b != nil else { return }
        #expect(run.rightGradient(dC, a) == expected.right, "right of \(drawn)")
        #expect(run.rightGradient(dC, a, addedTo: 3) == expected.right.map { $0 + 3 }, "right of \(drawn), added")
    }
}
