import Core
import Testing

@Suite struct MemoryLedgerTests {
    /// What a buffer takes: its elements, and what is readable behind them.
    private func bytes<Element>(_ count: Int, of: Element.Type) -> Int { count * MemoryLayout<Element>.stride + 64 }

    @Test func buffersCountAsWhatTheySayTheyAre() {
        let ledger = MemoryLedger()
        let buffers = ledger.counting {
            MemoryLedger.allocating(.workspace) {
                (
                    AlignedBuffer<Float>(count: 1000), AlignedBuffer<Double>(count: 10),
                    AlignedBuffer<UInt8>(count: 3, kind: .activations)
                )
            }
        }
        #expect(ledger.peakBytes(.workspace) == bytes(1000, of: Float.self) + bytes(10, of: Double.self))
        #expect(ledger.peakBytes(.activations) == bytes(3, of: UInt8.self))
        #expect(ledger.peakBytes(.other) == 0)
        withExtendedLifetime(buffers) {}
    }

    @Test func whatWentBeforeCountsInThePeakOnly() {
        let ledger = MemoryLedger()
        for count in [100, 500, 200] {
            ledger.counting { _ = AlignedBuffer<Float>(count: count) }
        }
        #expect(ledger.peakBytes(.other) == bytes(500, of: Float.self))
    }

    @Test func memoryOfOtherSortsCountsWhileItsEntryIsThere() {
        let ledger = MemoryLedger()
        #expect(MemoryLedger.enter(bytes: 5) == nil)
        ledger.counting {
            var window = MemoryLedger.enter(bytes: 70, kind: .parameters)
            _ = MemoryLedger.enter(bytes: 7, kind: .parameters)
            #expect(window != nil)
            window = nil
            _ = MemoryLedger.enter(bytes: 60, kind: .parameters)
        }
        #expect(ledger.peakBytes(.parameters) == 77)
    }

    /// Ranks that are threads count apart.
    @Test func nothingIsCountedOutside() {
        let (outer, inner) = (MemoryLedger(), MemoryLedger())
        let none = AlignedBuffer<Float>(count: 9)
        outer.counting {
            inner.counting { _ = AlignedBuffer<Float>(count: 1) }
        }
        #expect(outer.peakBytes(.other) == 0 && inner.peakBytes(.other) == bytes(1, of: Float.self))
        withExtendedLifetime(none) {}
    }
}
