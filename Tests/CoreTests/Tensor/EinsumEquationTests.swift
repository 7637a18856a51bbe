import Core
import Testing

struct EinsumEquationTests {
    /// numpy's rule: the letters that occur once, A…Z before a…z.
    @Test(arguments: [
        ("ij,jk", "ik"), ("ij,kj", "ik"), ("ba", "ab"), ("ii", ""), ("a,a", ""), ("bA,cB", "ABbc"), ("iij,k", "jk"),
        ("ji , jk", "ik"), ("i,->i", "i"), (" i j -> j i ", "ji"), ("ij->", ""),
    ])
    func theResultHasTheLabelsThatOccurOnce(text: String, result: String) throws {
        let equation = try EinsumEquation(text)
        #expect(String(equation.result) == result)
        #expect(equation.description == text)
    }

    @Test func labelsComeInTheOrderOfTheOperands() throws {
        let equation = try EinsumEquation("ki,ijk->j")
        #expect(equation.labels == ["k", "i", "j"])
        #expect(equation.operands == [["k", "i"], ["i", "j", "k"]])
    }

    @Test(arguments: [
        ("i.->i", "'.' is no label; labels are letters"), ("...i", "'.' is no label; labels are letters"),
        ("i2,i", "'2' is no label; labels are letters"), ("é", "'é' is no label; labels are letters"),
        ("i-j", "'-' is no label; labels are letters"), ("i>j", "'>' is no label; labels are letters"),
        ("i->j,k", "',' is no label; labels are letters"),
        ("i->i->i", "there is one arrow at most, not 2"), ("i,j,k", "there are one or two operands, not 3"),
        ("", "no operand has a label"), ("->", "no operand has a label"), (",", "no operand has a label"),
        ("ij->ik", "label 'k' of the result is in no operand"), ("ij->ii", "label 'i' is in the result twice"),
    ])
    func whatIsNoEquationIsNamed(text: String, message: String) {
        let error = #expect(throws: EinsumError.self) { try EinsumEquation(text) }
        #expect(error?.description == "equation '\(text)': \(message)")
    }

    @Test(
        arguments: [
            ("ij,jk->ik", [3, 4], [5, 6], "label 'j' is 4 in [3, 4] and 5 in [5, 6]"),
            ("ij,ij->", [3, 4], [3, 5], "label 'j' is 4 in [3, 4] and 5 in [3, 5]"),
            ("ii->i", [3, 4], nil, "label 'i' is 3 in [3, 4] and 4 in [3, 4]"),
            ("ii->i", [1, 4], nil, "label 'i' is 1 in [1, 4] and 4 in [1, 4]"),
            ("i,jj->i", [3], [4, 1], "label 'j' is 4 in [4, 1] and 1 in [4, 1]"),
            (
                "ij,jk->ik", [3], [3, 4],
                "'ij' is a label for each of 2 axes, and [3] has 1 (operand 1 of [3] and [3, 4])"
            ),
            (
                "i,j->ij", [3], [3, 4],
                "'j' is a label for each of 1 axes, and [3, 4] has 2 (operand 2 of [3] and [3, 4])"
            ),
            ("ij->ji", [3, 4], [3], "it takes 1 operands, given [3, 4] and [3]"),
            ("ij,j->i", [3, 4], nil, "it takes 2 operands, given [3, 4]"),
            (
                "i,j->ij", [1 << 40], [1 << 30],
                "the result of [1099511627776] and [1073741824] has more elements than can be counted"
            ),
        ] as [(String, Shape, Shape?, String)])
    func shapesThatDoNotFitAreNamed(text: String, left: Shape, right: Shape?, message: String) throws {
        let equation = try EinsumEquation(text)
        let error = #expect(throws: EinsumError.self) { try EinsumShapes(equation, left, right) }
        #expect(error?.description == "equation '\(text)': \(message)")
    }

    @Test func operandsThatAreMissingTrap() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let einsum = Einsum<Float>(try EinsumShapes(EinsumEquation("i,i"), [2], [2]))
            let memory = AlignedBuffer<Float>(count: 2)
            einsum.forward(memory.base, into: memory.base)
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("equation 'i,i' takes 2 operands, given 1"))
    }
}
