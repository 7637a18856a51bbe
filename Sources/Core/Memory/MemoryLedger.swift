import Synchronization

/// Counts the bytes that are allocated while it is the current one, by what they are for: those of every `AlignedBuffer`, and
/// what else is entered.
///
/// A ledger is current on the thread that runs `counting(_:)`, so ranks that are threads each have their own. Where none is,
/// nothing is counted.
public final class MemoryLedger: Sendable {
    /// The ledger in which allocations are entered, and as what.
    private struct Scope: Sendable {
        let ledger: MemoryLedger?
        let kind: MemoryKind
    }

    private struct Totals {
        var current = [Int](repeating: 0, count: MemoryKind.allCases.count)
        var peak = [Int](repeating: 0, count: MemoryKind.allCases.count)
    }

    @TaskLocal private static var scope = Scope(ledger: nil, kind: .other)

    private let totals = Mutex(Totals())

    public init() {}

    /// The most bytes that were allocated at one time as `kind`.
    public func peakBytes(_ kind: MemoryKind) -> Int { totals.withLock { $0.peak[kind.place] } }

    /// Enters here what `body` allocates.
    public func counting<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$scope.withValue(Scope(ledger: self, kind: .other), operation: body)
    }

    /// Enters as `kind` what `body` allocates without saying what it is for.
    public static func allocating<Result>(_ kind: MemoryKind, _ body: () throws -> Result) rethrows -> Result {
        try $scope.withValue(Scope(ledger: scope.ledger, kind: kind), operation: body)
    }

    /// Enters memory that is no `AlignedBuffer`: a dataset, a window that ranks share.
    ///
    /// - Parameter kind: nil for what the surrounding `allocating(_:_:)` says.
    /// - Returns: what to keep as long as the memory is there; nil where nothing is counted.
    public static func enter(bytes: Int, kind: MemoryKind? = nil) -> Entry? {
        scope.ledger.map { Entry($0, kind: kind ?? scope.kind, bytes: bytes) }
    }

    /// Bytes that count until it goes.
    public final class Entry: Sendable {
        private let ledger: MemoryLedger
        private let kind: MemoryKind
        private let bytes: Int

        fileprivate init(_ ledger: MemoryLedger, kind: MemoryKind, bytes: Int) {
            self.ledger = ledger
            self.kind = kind
            self.bytes = bytes
            ledger.add(bytes, kind)
        }

        deinit { ledger.add(-bytes, kind) }
    }

    private func add(_ bytes: Int, _ kind: MemoryKind) {
        totals.withLock { totals in
            totals.current[kind.place] += bytes
            totals.peak[kind.place] = max(totals.peak[kind.place], totals.current[kind.place])
        }
    }
}

extension MemoryKind {
    fileprivate var place: Int { Self.allCases.firstIndex(of: self)! }
}
