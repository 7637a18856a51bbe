import Distributed
import Testing
import Training

/// A test of equality proves nothing if it would pass anyway: with any one mechanism broken, the test of the property fails.
@Suite struct NegativeControlTests {
    @Test(arguments: NegativeControl.allCases, NegativeControl.sensitiveCase.ranks)
    func aBrokenMechanismIsCaught(control: NegativeControl, ranks: Int) throws {
        let found = try RankPropertyTests.differences(
            NegativeControl.sensitiveCase, ranks: ranks, mechanisms: control.mechanisms)
        #expect(found.contains { $0.hasSuffix("digest") }, "\(found)")
    }

    /// The drawn cases catch it too: nobody has to know which case to look at.
    @Test(.enabled(if: RankCase.fixedSeeds.count > 1, "one case is asked for"), arguments: NegativeControl.allCases)
    func theDrawnCasesCatchIt(control: NegativeControl) throws {
        let seeds = RankCase.fixedSeeds.prefix(16)
        let caught = try seeds.filter { seed in
            let drawn = RankCase(seed: seed)
            return try drawn.ranks.contains { ranks in
                try !RankPropertyTests.differences(drawn, ranks: ranks, mechanisms: control.mechanisms).isEmpty
            }
        }
        print("\(control): \(caught.count) of \(seeds.count) drawn cases differ")
        #expect(caught.count >= 2, "\(control): only the cases of seeds \(caught) differ")
    }

    /// What is broken is the mechanism and nothing else: one rank gives the real bits, and several learn as well.
    @Test(arguments: NegativeControl.allCases)
    func aBrokenMechanismStillTrains(control: NegativeControl) throws {
        let drawn = NegativeControl.sensitiveCase
        let real = try RankOutcome(drawn, communicator: SingleCommunicator())
        let alone = try RankOutcome(drawn, mechanisms: control.mechanisms, communicator: SingleCommunicator())
        #expect(alone == real)
        let three = try ThreadCommunicator.run(size: 3) {
            try RankOutcome(drawn, mechanisms: control.mechanisms, communicator: $0)
        }[0]
        // Dropout with other masks is another sample of the same training; the others differ by rounding or by a sample.
        let tolerance = control == .rankSeeds ? 0.3 : control == .allreduce ? 1e-3 : 0.1
        #expect(three.losses.first! > 1 && three.losses.last! < 0.7, "\(three.losses)")
        #expect(abs(three.losses.last! - real.losses.last!) < tolerance, "\(three.losses) against \(real.losses)")
    }
}
