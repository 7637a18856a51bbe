import Distributed
import Glibc
import Testing

@Suite struct OverlapTrialTests {
    /// What is slower on this rank, and by how much.
    private enum Slower {
        case overlapping(milliseconds: UInt32)
        case waiting(milliseconds: UInt32)
    }

    /// Whether each pass overlaps, of so many that the trial is over.
    private static func passes(_ slower: Slower, _ communicator: any Communicator) -> [Bool] {
        var trial = OverlapTrial()
        return (0..<16).map { _ in
            trial.beginPass()
            switch slower {
            case .overlapping(let milliseconds): if trial.overlaps { usleep(milliseconds * 1000) }
            case .waiting(let milliseconds): if !trial.overlaps { usleep(milliseconds * 1000) }
            }
            defer { trial.endPass(isLast: true, communicator) }
            return trial.overlaps
        }
    }

    private static let tried = [false, true, false, true, false, true, false, true, false, true, false, true]

    @Test func theFasterWayIsTaken() {
        let overlapping = Self.passes(.waiting(milliseconds: 20), SingleCommunicator())
        #expect(overlapping == Self.tried + [true, true, true, true])
        let waiting = Self.passes(.overlapping(milliseconds: 20), SingleCommunicator())
        #expect(waiting == Self.tried + [false, false, false, false])
    }

    /// Ranks that are faster in different ways take the one that is faster for them together.
    @Test func allRanksTakeTheSameWay() throws {
        let passes = try ThreadCommunicator.run(size: 3) { communicator in
            Self.passes(
                communicator.rank == 0 ? .waiting(milliseconds: 60) : .overlapping(milliseconds: 15), communicator)
        }
        #expect(passes.allSatisfy { $0 == Self.tried + [true, true, true, true] })
    }

    /// A batch goes one way as a whole: its last pass has more to do than the others.
    @Test func passesOfABatchGoOneWay() {
        var trial = OverlapTrial()
        let passes = (0..<30).map { pass in
            trial.beginPass()
            if trial.overlaps { usleep(5000) }
            defer { trial.endPass(isLast: pass % 2 == 1, SingleCommunicator()) }
            return trial.overlaps
        }
        #expect(passes == Self.tried.flatMap { [$0, $0] } + [false, false, false, false, false, false])
        #expect(!trial.isTrying)
    }

    @Test(arguments: [true, false]) func aWayThatIsGivenIsKept(overlaps: Bool) {
        var trial = OverlapTrial(always: overlaps)
        #expect(!trial.isTrying)
        for _ in 0..<20 {
            trial.beginPass()
            #expect(trial.overlaps == overlaps)
            trial.endPass(isLast: true, SingleCommunicator())
        }
    }
}
