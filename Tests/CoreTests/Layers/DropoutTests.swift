import Core
import Testing

struct DropoutTests {
    private func network(_ rate: Double, width: Int, rows: Int = 1) throws -> TestNetwork<Float> {
        try TestNetwork(DropoutDescription(rate: rate), inputShape: [width], rowCounts: [rows])
    }

    /// The mask as the documentation says it, one word at a time.
    @Test(arguments: [1, 31, 32, 70, 256, 257, 2051, 4096, 9001])
    func elementsAreKeptByTheirOwnWord(width: Int) throws {
        let network = try network(0.25, width: width, rows: 3)
        let y = network.forward([Double](repeating: 3, count: 3 * width), seed: 99, step: 7, firstPosition: 40)
        #expect(network.backward([Double](repeating: 3, count: 3 * width)) == y)
        for n in 0..<3 {
            for f in 0..<width {
                let block = Philox.block(
                    key: 99,
                    counter: Philox.counter(block: f / 4, position: 40 + n, step: 7, purpose: .dropout, ordinal: 0))
                #expect(y[n * width + f] == (block[f % 4] >= 0x4000_0000 ? 4 : 0))
            }
        }
    }

    @Test func theGradientPassesWhereTheValueDid() throws {
        let network = try network(0.5, width: 500)
        let y = network.forward([Double](repeating: 1, count: 500))
        #expect(network.backward([Double](repeating: 1, count: 500)) == y)
        #expect(Set(y) == [0, 2])
    }

    /// Kept shares within five standard errors, and the expectation kept.
    @Test(arguments: [0.1, 0.5, 0.9])
    func theRateIsTheDroppedShare(rate: Double) throws {
        let count = 100_000
        let y = try network(rate, width: count).forward([Double](repeating: 1, count: count))
        let dropped = Double(y.filter { $0 == 0 }.count) / Double(count)
        #expect((dropped - rate).magnitude < 5 * (rate * (1 - rate) / Double(count)).squareRoot())
        #expect(y.allSatisfy { $0 == 0 || $0 == Float(1 / (1 - rate)) })
    }

    @Test func aDroppedInfinityIsZero() throws {
        let y = try network(0.5, width: 64).forward([Double](repeating: .infinity, count: 64))
        #expect(Set(y) == [0, .infinity])
    }

    @Test func inferenceAndRateZeroAreTheIdentity() throws {
        let x = numbers(60).map { Double(Float($0)) }
        let half = try network(0.5, width: 20, rows: 3)
        #expect(half.forward(x, mode: .inference).reals == x)
        #expect(half.backward(x).reals == x)
        let none = try network(0, width: 20, rows: 3)
        #expect(none.forward(x).reals == x)
        #expect(none.backward(x).reals == x)
    }

    @Test func stepSeedAndPositionEachChangeTheMask() throws {
        let network = try network(0.5, width: 100)
        let ones = [Double](repeating: 1, count: 100)
        let base = network.forward(ones, seed: 1, step: 0, firstPosition: 0)
        #expect(network.forward(ones, seed: 1, step: 0, firstPosition: 0) == base)
        #expect(network.forward(ones, seed: 2, step: 0, firstPosition: 0) != base)
        #expect(network.forward(ones, seed: 1, step: 1, firstPosition: 0) != base)
        #expect(network.forward(ones, seed: 1, step: 0, firstPosition: 1) != base)
        // Another place in the network is another layer.
        let second = try TestNetwork<Float>(
            [
                NamedLayer(name: "a", description: DropoutDescription(rate: 0)),
                NamedLayer(name: "b", description: DropoutDescription(rate: 0.5)),
            ], inputShape: [100], rowCounts: [1])
        #expect(second.forward(ones, seed: 1, step: 0, firstPosition: 0) != base)
    }

    /// The mask of a row does not depend on which rank computes it.
    @Test func aRowKeepsItsMaskOnAnotherRank() throws {
        let ones = [Double](repeating: 1, count: 5 * 30)
        let whole = try network(0.3, width: 30, rows: 5).forward(ones, firstPosition: 10)
        let part = try network(0.3, width: 30, rows: 2).forward(Array(ones[0..<60]), firstPosition: 13)
        #expect(Array(whole[90..<150]) == part)
    }
}
