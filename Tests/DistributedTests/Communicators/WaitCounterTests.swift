import Distributed
import Testing

@Suite struct WaitCounterTests {
    @Test func waitsAreCountedUnderTheirName() {
        let waits = WaitCounter()
        waits.measure {}
        waits.naming(.gradients) {
            waits.measure {}
            waits.naming(.loss) { waits.measure {} }
            waits.measure {}
        }
        waits.measure {}
        #expect(waits.count(.other) == 2 && waits.count(.gradients) == 2 && waits.count(.loss) == 1)
        #expect(waits.kind == .other)
    }

    /// What moves much is no idle waiting.
    @Test func timeIsKeptApart() {
        let waits = WaitCounter()
        func pass() {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(1) {}
        }
        for kind in [WaitKind.gradients, .parameters, .norms] { waits.naming(kind) { waits.measure(pass) } }
        #expect(waits.duration(.gradients) >= .milliseconds(1) && waits.duration(.loss) == .zero)
        #expect(waits.idle == waits.duration(.norms))
        #expect(waits.duration == waits.duration(.gradients) + waits.duration(.parameters) + waits.duration(.norms))
    }

    /// Of a communicator that is split off too: both count in one.
    @Test func communicatorsCountTheirOperations() throws {
        let counts = try ThreadCommunicator.run(size: 3) { communicator in
            communicator.waits.naming(.arrival) { communicator.barrier() }
            let part = communicator.split(color: 0, key: 0)!
            part.waits.naming(.norms) { part.barrier() }
            return [communicator.waits.count(.arrival), communicator.waits.count(.norms)]
        }
        #expect(counts == [[1, 1], [1, 1], [1, 1]])
        let single = SingleCommunicator()
        single.barrier()
        #expect(single.waits.count(.other) == 0)
    }
}
